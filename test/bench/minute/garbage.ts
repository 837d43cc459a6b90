/** One pause of a garbage collector, in milliseconds: a scavenge of young objects, or a major collection. */
export type GarbagePause = { readonly isMajor: boolean; readonly milliseconds: number };

// "[4711:0x5f0c2a0]     8164 ms: Scavenge 5.1 (6.4) -> 4.6 (6.4) MB, 0.42 / 0.00 ms  (average mu = 1.000, …"
const LINE = /\bms: (Scavenge|Mark-Compact|Mark-sweep)\b.*?MB, (?:pooled: [\d.]+ MB, )?([\d.]+) \/ [\d.]+ ms/;

/** The pauses that a Node.js with --trace-gc tells of in these lines. */
export function garbagePauses(lines: readonly string[]): GarbagePause[] {
  return lines.flatMap((line) => {
    const [, kind, milliseconds] = LINE.exec(line) ?? [];
    return kind === undefined ? [] : [{ isMajor: kind !== "Scavenge", milliseconds: Number(milliseconds) }];
  });
}
