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
  #older: { at: Milliseconds; counters: Readings } | undefined;
  #newer: { at: Milliseconds; counters: Readings } | undefined;

  constructor(window: Milliseconds) {
    this.#window = window;
  }

  /** Takes a reading and returns the rates since one that is at least a window old, if there is one. */
  measure(counters: Readings, now: Milliseconds): Map<string, LinkRates> {
    if (this.#newer === undefined || now - this.#newer.at >= this.#window) {
      this.#older = this.#newer;
      this.#newer = { at: now, counters: new Map(counters) };
    }
    const base = this.#older ?? this.#newer;
    return linkRates(base.counters, counters, milliseconds(now - base.at));
  }
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
