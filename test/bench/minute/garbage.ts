/** One pause of a thread's garbage collector, in milliseconds: a scavenge of young objects, or a major collection. */
export type GarbagePause = { readonly thread: string; readonly isMajor: boolean; readonly milliseconds: number };

// "[4711:0x5f0c2a0]     8164 ms: Scavenge 5.1 (6.4) -> 4.6 (6.4) MB, 0.42 / 0.00 ms  (average mu = 1.000, …"
const LINE =
  /^\[\d+:(0x[0-9a-f]+)\].*?\bms: (Scavenge|Mark-Compact|Mark-sweep)\b.*?MB, (?:pooled: [\d.]+ MB, )?([\d.]+) \/ [\d.]+ ms/;

/** The pauses that a Node.js with --trace-gc tells of in these lines. */
export function garbagePauses(lines: readonly string[]): GarbagePause[] {
  return lines.flatMap((line) => {
    const [, thread, kind, milliseconds] = LINE.exec(line) ?? [];
    return thread === undefined ? [] : [{ thread, isMajor: kind !== "Scavenge", milliseconds: Number(milliseconds) }];
  });
}

/** The pauses of the thread that has most of them: under load that is the data plane's. */
export function busiestThread(pauses: readonly GarbagePause[]): GarbagePause[] {
  const counts = new Map<string, number>();
  for (const { thread } of pauses) counts.set(thread, (counts.get(thread) ?? 0) + 1);
  const [busiest] = [...counts].toSorted(([, a], [, b]) => b - a)[0] ?? [];
  return pauses.filter(({ thread }) => thread === busiest);
}
