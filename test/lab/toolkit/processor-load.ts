import { cpus } from "node:os";

/** Watches the machine's processors: the function it answers says which share of them was busy since, 0 to 1. */
export function watchProcessors(): () => number {
  const before = times();
  return () => {
    const after = times();
    return 1 - (after.idle - before.idle) / (after.all - before.all);
  };
}

function times(): { readonly idle: number; readonly all: number } {
  const each = cpus().map((processor) => processor.times);
  const idle = each.reduce((sum, time) => sum + time.idle, 0);
  const busy = each.reduce((sum, { user, nice, sys, irq }) => sum + user + nice + sys + irq, 0);
  return { idle, all: idle + busy };
}
