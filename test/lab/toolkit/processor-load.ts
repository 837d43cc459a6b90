import { readFileSync } from "node:fs";

/** What became of the machine's processors' time, as shares of all of it, 0 to 1. */
export type ProcessorLoad = {
  /** In which they worked. */
  readonly busy: number;
  /** In which there was work and the host of a virtual machine did not let them ("steal"). */
  readonly taken: number;
};

/** Watches the machine's processors: the function it answers says what became of their time since. */
export function watchProcessors(): () => ProcessorLoad {
  const before = times();
  return () => {
    const after = times();
    const all = after.all - before.all;
    const taken = (after.taken - before.taken) / all;
    return { busy: 1 - (after.idle - before.idle) / all - taken, taken };
  };
}

// proc_stat(5): user, nice, system, idle, iowait, irq, softirq, steal; what guests took is in user and nice already.
function times(): { readonly idle: number; readonly taken: number; readonly all: number } {
  const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n", 1);
  const ticks = line.split(/\s+/).slice(1, 9).map(Number);
  const [, , , idle = 0, waiting = 0, , , taken = 0] = ticks;
  return { idle: idle + waiting, taken, all: ticks.reduce((sum, time) => sum + time, 0) };
}
