import { readdirSync } from "node:fs";
import { setPriority } from "node:os";
import process from "node:process";

const HAS_ENDED = "ESRCH";

/**
 * Gives the threads of this process but the main one a priority, as nice(1) has it, for as long as they live. Returns the
 * code with which the kernel refused it, such as EACCES; null when it did not.
 */
export function prioritizeThreads(nice: number): string | null {
  // Linux has a priority for each thread. V8's compiling threads get it too: without them the data plane stays slow for long
  // on a busy machine. The main thread does not, as the programs that it starts would inherit it.
  const threads = readdirSync("/proc/self/task").map(Number);
  const refusals = threads.filter((thread) => thread !== process.pid).map((thread) => refusalFor(thread, nice));
  return refusals.find((code) => code !== null && code !== HAS_ENDED) ?? null;
}

function refusalFor(thread: number, nice: number): string | null {
  try {
    setPriority(thread, nice);
    return null;
  } catch (error) {
    const info: unknown = error instanceof Error && "info" in error ? error.info : undefined;
    if (typeof info === "object" && info !== null && "code" in info) return String(info.code);
    throw error;
  }
}
