import { burstOf, type CongestionControl } from "./congestion-control.ts";
import type { RoundTrip } from "./round-trip.ts";
import type { Scoreboard } from "./scoreboard.ts";

// Linux, tcp_output.c: tcp_tso_should_defer.
const WINDOW_SHARE = 3;
const RECENTLY = 1;

/**
 * When segments leave that the windows allow: at the control's pacing rate in bursts, where it has one; otherwise at
 * once, or with the next acknowledgements where that makes a larger super-packet, as Linux does it.
 */
export class Pacing {
  readonly #control: CongestionControl;
  readonly #board: Scoreboard;
  readonly #roundTrip: RoundTrip;
  #paceAt = 0;
  #burstLeft = 0;
  #grantLeft = 0;
  #lastSentAt = Number.NEGATIVE_INFINITY;

  constructor(control: CongestionControl, board: Scoreboard, roundTrip: RoundTrip) {
    this.#control = control;
    this.#board = board;
    this.#roundTrip = roundTrip;
  }

  /** When the next burst may leave, where something waits. */
  get freeAt(): number {
    return this.#isPaced ? this.#paceAt : Number.POSITIVE_INFINITY;
  }

  /** Begins with what an acknowledgement or a timer allows. */
  begin(): void {
    this.#grantLeft = 0;
  }

  /** Lets the next burst be of one segment. */
  endBurst(): void {
    this.#burstLeft = Math.min(this.#burstLeft, 1);
  }

  /** Whether one of `room` segments may leave now, which it then does; `mayDefer` says that it may wait for more. */
  take(room: number, mayDefer: boolean, now: number): boolean {
    if (this.#isPaced) return this.#takePaced(now);
    if (this.#grantLeft === 0) {
      const burst = this.#burst();
      if (mayDefer && room < burst && this.#isWorthWaiting(room, now)) return false;
      this.#grantLeft = Math.min(room, burst);
    }
    this.#grantLeft--;
    this.#lastSentAt = now;
    return true;
  }

  get #isPaced(): boolean {
    return this.#control.pacingRate < Number.POSITIVE_INFINITY;
  }

  #takePaced(now: number): boolean {
    const rate = this.#control.pacingRate;
    if (this.#burstLeft === 0) {
      if (this.#paceAt > now) return false;
      this.#burstLeft = burstOf(rate);
      // Linux lets a burst that is late shorten the wait for the next by half.
      this.#paceAt = Math.max(this.#paceAt, now - (0.5 * this.#burstLeft) / rate);
    }
    this.#burstLeft--;
    this.#paceAt += 1 / rate;
    return true;
  }

  /** The segments of a super-packet: what goes in a millisecond at more than the present rate. */
  #burst(): number {
    const { window, threshold } = this.#control;
    const { smoothed } = this.#roundTrip;
    const factor = window < threshold / 2 ? 2 : 1.2;
    const out = this.#board.next - this.#board.first;
    return smoothed === 0 ? burstOf(0) : burstOf((factor * Math.max(window, out)) / smoothed);
  }

  #isWorthWaiting(room: number, now: number): boolean {
    if (now - this.#lastSentAt > RECENTLY || room >= Math.floor(this.#control.window / WINDOW_SHARE)) return false;
    // The next acknowledgement must not be far.
    return now - this.#board.sentAt(this.#board.first) >= this.#roundTrip.smoothed / 2;
  }
}
