import { type BytesPerSecond, type Milliseconds, milliseconds, NEVER } from "../units.ts";

const MILLISECONDS_PER_SECOND = 1000;

/** For how long, in milliseconds altogether, a line was given less than it may carry. */
export type IdleClock = { readonly idleTime: number };

/**
 * Paces a link to its rate by the line's own clock: the time until which the line is busy with what was given to it.
 * That time may be ahead of the real clock by at most `lead` before another datagram leaves, so that one wake-up may
 * send several, and late wake-ups cost no bandwidth as long as they are less than `lead` late. Rates are above zero.
 */
export class Pacer implements IdleClock {
  /** How far ahead of the clock the line may be filled. */
  lead: Milliseconds;
  #rate: BytesPerSecond;
  #millisecondsPerByte: number;
  #busyUntil = milliseconds(Number.NEGATIVE_INFINITY);
  #couldSendFrom: Milliseconds = NEVER;
  #idleTime = 0;

  constructor(rate: BytesPerSecond, lead: Milliseconds) {
    this.lead = lead;
    this.#rate = rate;
    this.#millisecondsPerByte = MILLISECONDS_PER_SECOND / rate;
  }

  get rate(): BytesPerSecond {
    return this.#rate;
  }

  get idleTime(): number {
    return this.#idleTime;
  }

  /** Notes that until now nothing could have been sent for another reason: the line was not idle. */
  onBlocked(now: Milliseconds): void {
    this.#couldSendFrom = now;
  }

  /** Changes the rate; bytes that the line has not carried yet take the new rate's time. */
  setRate(rate: BytesPerSecond, now: Milliseconds): void {
    if (rate === this.#rate) return;
    if (this.#busyUntil > now) {
      const backlog = (this.#busyUntil - now) / this.#millisecondsPerByte;
      this.#busyUntil = milliseconds(now + (backlog * MILLISECONDS_PER_SECOND) / rate);
    }
    this.#rate = rate;
    this.#millisecondsPerByte = MILLISECONDS_PER_SECOND / rate;
  }

  /** Whether a datagram may leave now. */
  isFree(now: Milliseconds): boolean {
    return this.#busyUntil - this.lead <= now;
  }

  /** For how many bytes one datagram after the other may leave now; the last may be larger than what is left. */
  room(now: Milliseconds): number {
    return Math.max(0, (now + this.lead - this.busyUntil(now)) / this.#millisecondsPerByte);
  }

  /** When the next datagram may leave; in the past when it may leave at any time. */
  freeAt(): Milliseconds {
    return milliseconds(this.#busyUntil - this.lead);
  }

  /** Until when the line is busy with what was charged: where a datagram charged now would start to be sent. */
  busyUntil(now: Milliseconds): Milliseconds {
    return this.#busyUntil > now ? this.#busyUntil : now;
  }

  /** Counts a datagram of `size` bytes, as large as it is on the line, that leaves now, or several. */
  charge(size: number, now: Milliseconds): void {
    this.#idleTime += Math.max(0, now - Math.max(this.#busyUntil, this.#couldSendFrom));
    this.#busyUntil = milliseconds(this.busyUntil(now) + size * this.#millisecondsPerByte);
    this.#couldSendFrom = now;
  }
}
