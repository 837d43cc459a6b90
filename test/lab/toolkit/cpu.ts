import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

/** The share of one core that processes use, each, while `seconds` pass: 0.01 is 1 %. */
export async function cpuShares(pids: readonly number[], seconds: number): Promise<number[]> {
  const startedAt = performance.now();
  const before = pids.map(cpuMilliseconds);
  await pause(seconds * 1000);
  const elapsed = performance.now() - startedAt;
  return pids.map((pid, index) => (cpuMilliseconds(pid) - (before[index] ?? 0)) / elapsed);
}

/** Watches processes: the function it answers says how many seconds of processor time they have used since, together. */
export function watchCpu(pids: readonly number[]): () => number {
  const used = (): number => pids.map(cpuMilliseconds).reduce((sum, each) => sum + each, 0) / 1000;
  const before = used();
  return () => used() - before;
}

// The scheduler's own nanoseconds for each thread: /proc/PID/stat only counts ticks of 10 ms.
function cpuMilliseconds(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const nanoseconds = threads.map(
    (thread) => readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0],
  );
  return nanoseconds.reduce((sum, text) => sum + Number(text), 0) / 1e6;
}
