import type { Milliseconds } from "../protocol/units.ts";
import type { Logger } from "./log.ts";

/** So many kinds of warning are told apart; a flood of further kinds shares one count instead of growing memory. */
const MAXIMUM_KINDS = 1000;
const OTHER_KINDS = "other";

type Kind = { lastWritten: Milliseconds; leftOut: number };

/**
 * Writes a repeated warning at most once per interval and kind, and says with the next one how many were left out.
 * For what a peer or a broken line can repeat without end.
 */
export class LimitedLog {
  readonly #log: Logger;
  readonly #interval: Milliseconds;
  readonly #now: () => Milliseconds;
  readonly #kinds = new Map<string, Kind>();

  constructor(log: Logger, interval: Milliseconds, now: () => Milliseconds) {
    this.#log = log;
    this.#interval = interval;
    this.#now = now;
  }

  /** Writes the warning, or counts it. `kind` says which warnings are the same: "send failed dsl1". */
  warn(kind: string, fields: Readonly<Record<string, unknown>>, message: string): void {
    const now = this.#now();
    const name = this.#kinds.has(kind) || this.#kinds.size < MAXIMUM_KINDS ? kind : OTHER_KINDS;
    const known = this.#kinds.get(name);
    if (known !== undefined && now - known.lastWritten < this.#interval) {
      known.leftOut++;
      return;
    }
    this.#kinds.set(name, { lastWritten: now, leftOut: 0 });
    const leftOut = known?.leftOut ?? 0;
    this.#log.warn(leftOut === 0 ? fields : { ...fields, leftOut }, message);
  }

  /** Says of each kind how many were left out since its last line, and forgets them; for shutdown. */
  flush(): void {
    for (const [kind, { leftOut }] of this.#kinds) {
      if (leftOut > 0) this.#log.warn({ kind, leftOut }, "repeated warnings were left out");
    }
    this.#kinds.clear();
  }
}
