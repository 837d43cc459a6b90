import type { RoundTrip } from "./round-trip.ts";
import type { Scoreboard } from "./scoreboard.ts";
import { TICK } from "./ticks.ts";

// Linux, tcp_output.c: tail loss probes (RFC 8985 §7).
const PROBE_SLACK = 2 * TICK;
const PROBE_DELAYED_ACK = 200;

/** When a sender without acknowledgements probes, and when it takes everything as lost. */
export class SendingTimers {
  readonly #board: Scoreboard;
  readonly #roundTrip: RoundTrip;
  #probedUntil = 0;
  timeoutAt = Number.POSITIVE_INFINITY;
  probeAt = Number.POSITIVE_INFINITY;

  constructor(board: Scoreboard, roundTrip: RoundTrip) {
    this.#board = board;
    this.#roundTrip = roundTrip;
  }

  /** Starts both anew, as after an acknowledgement that advanced. */
  restart(mayProbe: boolean, now: number): void {
    this.timeoutAt = Number.POSITIVE_INFINITY;
    this.probeAt = Number.POSITIVE_INFINITY;
    if (this.#board.next === this.#board.first) return;
    this.timeoutAt = now + this.#roundTrip.timeout;
    this.restartProbe(mayProbe, now);
  }

  /** Puts the probe off, as when something new was sent. */
  restartProbe(mayProbe: boolean, now: number): void {
    const { first, next, sackedCount } = this.#board;
    const { smoothed } = this.#roundTrip;
    this.probeAt = Number.POSITIVE_INFINITY;
    if (!mayProbe || sackedCount > 0 || first < this.#probedUntil || smoothed === 0) return;
    const probeAt = now + 2 * smoothed + (next - first === 1 ? PROBE_DELAYED_ACK : PROBE_SLACK);
    if (probeAt < this.timeoutAt) this.probeAt = probeAt;
  }

  /** Notes a probe: the timeout then counts from when the first segment was sent, and there is one probe per tail. */
  onProbe(now: number): void {
    this.#probedUntil = this.#board.next;
    this.probeAt = Number.POSITIVE_INFINITY;
    const sentAt = this.#board.sentAt(this.#board.first);
    this.timeoutAt = Math.max(now + TICK, sentAt + this.#roundTrip.timeout);
  }

  /** Notes a timeout: the next one is twice as far away. */
  onTimeout(now: number): void {
    this.#roundTrip.backOff();
    this.timeoutAt = now + this.#roundTrip.timeout;
    this.probeAt = Number.POSITIVE_INFINITY;
  }
}
