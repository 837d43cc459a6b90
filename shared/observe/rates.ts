import type { BytesPerSecond, Milliseconds } from "../protocol/units.ts";
import { bytesPerSecond, milliseconds } from "../protocol/units.ts";
import type { Traffic } from "./status-snapshot.ts";

/** What one link carried since it was made, counting whole outer packets or not as the caller does. */
export type LinkCounters = { readonly sent: Traffic; readonly received: Traffic };

/** What one link carries now. Shares are 0 to 1 of what all links carried in that direction; 0 when none did. */
export type LinkRates = {
  readonly sendRate: BytesPerSecond;
  readonly receiveRate: BytesPerSecond;
  readonly sendShare: number;
  readonly receiveShare: number;
};

/** The rates of a link of which only one reading is known. */
export const NO_RATES: LinkRates = {
  sendRate: bytesPerSecond(0),
  receiveRate: bytesPerSecond(0),
  sendShare: 0,
  receiveShare: 0,
};

type Readings = ReadonlyMap<string, LinkCounters>;

/** Readings of a time, with the sum of their bytes. */
type Noted = { readonly at: Milliseconds; readonly total: number; readonly counters: Readings };

/**
 * Rates and shares of each link of one bundle from two readings of its counters, by link name, `elapsed` apart.
 * A link that is new, or whose counters went back because it was made anew, counts from zero.
 */
export function linkRates(previous: Readings, current: Readings, elapsed: Milliseconds): Map<string, LinkRates> {
  const moved = new Map<string, { sent: number; received: number }>();
  let sent = 0;
  let received = 0;
  for (const [name, counters] of current) {
    const before = previous.get(name);
    const difference = {
      sent: increase(before?.sent.bytes, counters.sent.bytes),
      received: increase(before?.received.bytes, counters.received.bytes),
    };
    moved.set(name, difference);
    sent += difference.sent;
    received += difference.received;
  }
  const rates = new Map<string, LinkRates>();
  for (const [name, difference] of moved) {
    rates.set(name, {
      sendRate: rate(difference.sent, elapsed),
      receiveRate: rate(difference.received, elapsed),
      sendShare: share(difference.sent, sent),
      receiveShare: share(difference.received, received),
    });
  }
  return rates;
}

/**
 * The latest rates of one bundle's links. Give it a reading whenever one is at hand, by a timer or by a request: it
 * measures over at least `window`, so that two requests in quick succession do not make noise of a short moment.
 */
export class RateMeter {
  readonly #window: Milliseconds;
  #older: Noted | undefined;
  #newer: Noted | undefined;

  constructor(window: Milliseconds) {
    this.#window = window;
  }

  /** Takes a reading and returns the rates since one that is at least a window old, if there is one. */
  measure(counters: Readings, now: Milliseconds): Map<string, LinkRates> {
    const newer = this.#isDue(now) ? this.#take(totalOf(counters), new Map(counters), now) : this.#newer;
    const base = this.#older ?? newer;
    return base === undefined ? new Map() : linkRates(base.counters, counters, milliseconds(now - base.at));
  }

  /**
   * Takes a reading without any rates when one is due. `total` is the sum of all bytes in it: while that stays the same
   * nothing is read, so that a server can do this for a thousand bundles every second.
   */
  note(total: number, read: () => Readings, now: Milliseconds): void {
    if (!this.#isDue(now)) return;
    this.#take(total, this.#newer?.total === total ? this.#newer.counters : read(), now);
  }

  #isDue(now: Milliseconds): boolean {
    return this.#newer === undefined || now - this.#newer.at >= this.#window;
  }

  #take(total: number, counters: Readings, now: Milliseconds): Noted {
    const noted = { at: now, total, counters };
    this.#older = this.#newer;
    this.#newer = noted;
    return noted;
  }
}

function totalOf(counters: Readings): number {
  let total = 0;
  for (const { sent, received } of counters.values()) total += sent.bytes + received.bytes;
  return total;
}

function increase(before: number | undefined, now: number): number {
  return before === undefined || before > now ? now : now - before;
}

function rate(moved: number, elapsed: Milliseconds): BytesPerSecond {
  return bytesPerSecond(elapsed > 0 ? (moved * 1000) / elapsed : 0);
}

function share(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0;
}
