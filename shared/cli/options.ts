import { type ParseArgsConfig, parseArgs } from "node:util";
import { didYouMean } from "../config/did-you-mean.ts";
import { UsageError } from "./command.ts";

type OptionTable = NonNullable<ParseArgsConfig["options"]>;

/** What `parseArgs` makes of these options. */
type OptionsRead<Options extends OptionTable> = ReturnType<
  typeof parseArgs<{ args: string[]; options: Options; allowPositionals: true }>
>;

/** Reads a command's options and other arguments. Throws `UsageError` for an option that it does not have. */
export function readOptions<const Options extends OptionTable>(
  args: readonly string[],
  options: Options,
): OptionsRead<Options> {
  refuseUnknown(args, options);
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** Throws `UsageError` when there are arguments beside the options; `advice` says what to write instead. */
export function refusePositionals(positionals: readonly string[], advice: string): void {
  const [first] = positionals;
  if (first !== undefined) throw new UsageError(`unexpected argument "${first}": ${advice}`);
}

function refuseUnknown(args: readonly string[], options: OptionTable): void {
  const { tokens } = parseArgs({ args: [...args], options, allowPositionals: true, strict: false, tokens: true });
  const known = Object.keys(options);
  for (const token of tokens) {
    if (token.kind !== "option" || known.includes(token.name)) continue;
    const names = known.map((name) => `--${name}`);
    throw new UsageError(`unknown option "${token.rawName}"${didYouMean(token.rawName, names)}`);
  }
}
