import { didYouMean } from "../config/did-you-mean.ts";
import { hawserVersion } from "../runtime/version.ts";
import { type CommandIo, EXIT_CODES, UsageError } from "./command.ts";
import { COMMAND_NAMES, loadCommand, loadCommands } from "./commands.ts";
import { describeFailure } from "./describe-failure.ts";

/** Runs `hawser` with the arguments after the program's name, prints what failed, and answers the exit code. */
export async function runCommandLine(args: readonly string[], io: CommandIo): Promise<number> {
  try {
    return await dispatch(args, io);
  } catch (error) {
    const command = COMMAND_NAMES.find((name) => name === args[0]);
    const { lines, exitCode } = describeFailure(error, command, process.env["HAWSER_DEBUG"] === "1");
    io.stderr(lines.map((line) => `hawser: ${line}\n`).join(""));
    return exitCode;
  }
}

async function dispatch(args: readonly string[], io: CommandIo): Promise<number> {
  const [first, ...rest] = args;
  if (first === undefined) {
    io.stderr(await overview());
    return EXIT_CODES.usage;
  }
  if (first === "--version" || first === "-V") return print(`hawser ${hawserVersion()}\n`, io);
  if (first === "--help" || first === "-h" || first === "help") return print(await help(rest), io);
  if (first.startsWith("-"))
    throw new UsageError(`unknown option "${first}"${didYouMean(first, ["--help", "--version"])}`);
  const command = await loadCommand(first);
  if (command === undefined) throw unknownCommand(first);
  if (asksForHelp(rest)) return print(`${command.usage}\n`, io);
  // Only a command that asks for the signal takes over SIGINT and SIGTERM, so `io` must not be copied here.
  return command.run(rest, io);
}

function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  const options = end < 0 ? args : args.slice(0, end);
  return options.includes("--help") || options.includes("-h");
}

function print(text: string, io: CommandIo): number {
  io.stdout(text);
  return EXIT_CODES.done;
}

async function help(names: readonly string[]): Promise<string> {
  const [name, ...others] = names.filter((word) => !word.startsWith("-"));
  if (name === undefined) return overview();
  if (others.length > 0) throw new UsageError("help explains one command at a time");
  const command = await loadCommand(name);
  if (command === undefined) throw unknownCommand(name);
  return `${command.usage}\n`;
}

function unknownCommand(name: string): UsageError {
  return new UsageError(`unknown command "${name}"${didYouMean(name, [...COMMAND_NAMES, "help"])}`);
}

async function overview(): Promise<string> {
  const commands = await loadCommands();
  const width = Math.max(...COMMAND_NAMES.map((name) => name.length));
  const list = commands.map(({ name, summary }) => `  ${name.padEnd(width)}   ${summary}`);
  return `Usage: hawser COMMAND [ARGUMENTS]

Hawser bonds several internet lines into one.

Commands:
${list.join("\n")}
  ${"help".padEnd(width)}   explain a command: hawser help COMMAND

Options:
  --help, -h      show this help
  --version, -V   show the version

Exit codes: 0 done, 1 failed at run time, 2 wrong use or configuration.
`;
}
