import { open } from "node:fs/promises";
import type { Socket } from "node:net";
import type { CaptureFilter } from "../observe/capture-sink.ts";
import { openCapture, refusal } from "../observe/control-client.ts";
import { errnoName } from "../observe/errno.ts";
import { BLOCK_TYPES, type Direction } from "../observe/pcap.ts";
import { droppedFrames, PcapBlocks } from "../observe/pcap-blocks.ts";
import { countText } from "../observe/people-text.ts";
import { SystemError } from "../runtime/system-error.ts";
import { chooseDaemon, DAEMON_USAGE } from "./choose-daemon.ts";
import type { Command, CommandIo } from "./command.ts";
import { EXIT_CODES, UsageError } from "./command.ts";
import { readOptions, refusePositionals } from "./options.ts";

const FILE_MODE = 0o600;
/** How long a daemon that was told to stop may take to finish the file. */
const FINISH_TIMEOUT_MS = 1000;
const OPERATION = "read the capture from the daemon";
const OPENING_BRACE = 0x7b;

/** `hawser capture`: the decrypted frames of a running daemon, for Wireshark. */
export const CAPTURE: Command = {
  name: "capture",
  summary: "write the decrypted frames of a running daemon's links to a pcapng file",
  usage: `Usage: hawser capture [INTERFACE] [-w FILE|-] [--link NAME] [--bundle NAME]
                      [--direction sent|received] [--count N]

Writes the frames that cross the links, decrypted, for Wireshark or tshark, which
show them as PPP with the Multilink Protocol and put the packets together again.
Stops when interrupted, or after N frames.
${DAEMON_USAGE}

Options:
  -w, --write FILE   write to FILE, readable by its owner only; without it, or
                     with "-", to standard output, which must not be a terminal
  --link NAME        only this link's frames
  --bundle NAME      only this client's frames, on a server
  --direction WAY    only frames "sent" or "received"
  --count N          stop after N frames
  --help             show this help

Wireshark joins up to 6 fragments to a packet; for more: -o mp.max_fragments:100`,
  run,
};

/** Where a capture is written to; `write` answers when there is room for more. */
type Output = { write(bytes: Uint8Array): Promise<void>; close(): Promise<void> };
type Totals = { frames: number; dropped: number };

async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { interfaceName, file, filter } = readArguments(args);
  if (file === "-" && process.stdout.isTTY === true) {
    throw new UsageError("a capture is not for a terminal: give a file with -w, or pipe it into another program");
  }
  const socket = await openCapture(await chooseDaemon(interfaceName), filter);
  const totals = { frames: 0, dropped: 0 };
  try {
    const output = file === "-" ? standardOutput() : await fileOutput(file);
    try {
      await copy(socket, output, totals, io.signal);
    } finally {
      await output.close();
    }
  } finally {
    socket.destroy();
  }
  io.stderr(`${countText(totals.frames, "frame")} captured, ${totals.dropped} dropped\n`);
  return EXIT_CODES.done;
}

function readArguments(args: readonly string[]): { interfaceName?: string; file: string; filter: CaptureFilter } {
  const { values, positionals } = readOptions(args, {
    write: { type: "string", short: "w" },
    link: { type: "string" },
    bundle: { type: "string" },
    direction: { type: "string" },
    count: { type: "string" },
  });
  const [interfaceName, ...others] = positionals;
  refusePositionals(others, "one INTERFACE at most");
  const { bundle, link } = values;
  const filter = { bundle, link, direction: readDirection(values.direction), count: readCount(values.count) };
  return { ...(interfaceName === undefined ? {} : { interfaceName }), file: values.write ?? "-", filter };
}

function readDirection(text: string | undefined): Direction | undefined {
  if (text === undefined || text === "sent" || text === "received") return text;
  throw new UsageError(`--direction ${text}: expected "sent" or "received"`);
}

function readCount(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new UsageError(`--count ${text}: expected a whole number above 0`);
  return Number(text);
}

/** Copies whole blocks until the daemon ends the stream, which it does when it is told to by the signal. */
async function copy(socket: Socket, output: Output, totals: Totals, signal: AbortSignal): Promise<void> {
  const finish = (): void => {
    socket.end();
    socket.setTimeout(FINISH_TIMEOUT_MS, () => socket.destroy());
  };
  if (signal.aborted) finish();
  signal.addEventListener("abort", finish, { once: true });
  try {
    await copyBlocks(socket, output, totals);
  } catch (error) {
    const code = errnoName(error);
    const isReaderGone = code === "EPIPE" && !(error instanceof SystemError);
    const isStopped = code === "ERR_STREAM_PREMATURE_CLOSE" && signal.aborted;
    if (!isReaderGone && !isStopped) throw asSystemError(error, OPERATION);
  } finally {
    signal.removeEventListener("abort", finish);
  }
}

async function copyBlocks(socket: Socket, output: Output, totals: Totals): Promise<void> {
  const splitter = new PcapBlocks();
  let isFirst = true;
  for await (const piece of socket) {
    if (!(piece instanceof Buffer)) continue;
    // A capture begins with 0x0a, a refusal is JSON.
    if (isFirst && piece[0] === OPENING_BRACE) throw refusal(piece.toString(), OPERATION);
    isFirst = false;
    const blocks = splitter.push(piece);
    if (blocks.length > 0) await output.write(Buffer.concat(blocks.map((block) => block.bytes)));
    for (const block of blocks) {
      if (block.type === BLOCK_TYPES.packet) totals.frames++;
      totals.dropped += droppedFrames(block);
    }
  }
}

async function fileOutput(path: string): Promise<Output> {
  const failed = (error: unknown): never => {
    throw asSystemError(error, `write ${path}`);
  };
  const file = await open(path, "w", FILE_MODE).catch(failed);
  // The mode above is only for a file that is new; a device is left alone.
  if ((await file.stat()).isFile()) await file.chmod(FILE_MODE).catch(failed);
  return { write: (bytes) => file.writeFile(bytes).catch(failed), close: () => file.close() };
}

function standardOutput(): Output {
  // The reader may go away: the failed write tells, the event must not end the process.
  process.stdout.on("error", () => {});
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
    close: async () => {},
  };
}

function asSystemError(error: unknown, operation: string): unknown {
  const code = errnoName(error);
  return error instanceof SystemError || code === "UNKNOWN"
    ? error
    : new SystemError({ code, operation, cause: error });
}
