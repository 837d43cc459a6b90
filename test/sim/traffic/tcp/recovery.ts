import type { CongestionControl } from "./congestion-control.ts";
import type { Scoreboard } from "./scoreboard.ts";

type State =
  | { readonly kind: "open" }
  | { readonly kind: "reduced" | "recovery" | "timeout"; readonly until: number };

const OPEN: State = { kind: "open" };

/** What a recovery counts into. */
type Counters = { recoveries: number; undone: number };

/**
 * Whether a sender is repairing losses, and whether that turns out to be needless: the reduction is undone when every
 * retransmission was reported as a duplicate (RFC 3708), or when what is acknowledged was sent before the first
 * retransmission (Eifel, RFC 3522).
 */
export class Recovery {
  readonly #control: CongestionControl;
  readonly #board: Scoreboard;
  readonly #counters: Counters;
  #state: State = OPEN;
  #mayUndo = false;
  /** Retransmissions that were not reported as duplicates, or -1 before the first. */
  #unexplained = -1;
  /** The timestamp of the first retransmission, in whole milliseconds. */
  #sentAgainAt = -1;
  #firstBefore = 0;

  constructor(control: CongestionControl, board: Scoreboard, counters: Counters) {
    this.#control = control;
    this.#board = board;
    this.#counters = counters;
  }

  /** Whether the window was reduced and what was sent before that is not acknowledged yet. */
  get isActive(): boolean {
    return this.#state.kind !== "open";
  }

  /** The same, by losses or a timeout. */
  get isRepairing(): boolean {
    return this.#state.kind === "recovery" || this.#state.kind === "timeout";
  }

  /** Notes losses that were found; the first ones reduce the window. */
  onLoss(now: number): void {
    if (this.isRepairing) return;
    this.#counters.recoveries++;
    if (this.#state.kind === "open") this.#control.onCongestion("loss", this.#board.inFlight, now);
    this.#enter("recovery");
  }

  /** Notes that the receiver tells of a congestion mark; true when it reduced the window. */
  onEcho(now: number): boolean {
    if (this.isActive) return false;
    this.#control.onCongestion("ecn", this.#board.inFlight, now);
    this.#state = { kind: "reduced", until: this.#board.next };
    return true;
  }

  onTimeout(now: number): void {
    this.#control.onCongestion("timeout", this.#board.inFlight, now);
    if (this.#state.kind !== "timeout") this.#enter("timeout");
  }

  onSentAgain(now: number): void {
    this.#unexplained = Math.max(0, this.#unexplained) + 1;
    if (this.#sentAgainAt < 0) this.#sentAgainAt = Math.floor(now);
  }

  /** Notes that the receiver got something twice. */
  onDuplicate(): void {
    if (this.#unexplained > 0) this.#unexplained--;
  }

  /** Ends the recovery when its time is over, or undoes it; true when it ended. `echo` is the timestamp that came back. */
  onAck(echo: number, now: number): boolean {
    const state = this.#state;
    if (state.kind === "open") return false;
    if (this.#mayUndo && this.#isNeedless(echo)) {
      this.#counters.undone++;
      this.#control.onUndo(now);
      this.#board.forgetLosses();
    } else if (this.#board.first < state.until) {
      return false;
    }
    this.#control.onRecoveryEnd(now);
    this.#state = OPEN;
    this.#mayUndo = false;
    return true;
  }

  #isNeedless(echo: number): boolean {
    if (this.#unexplained === 0) return true;
    const hasAdvanced = this.#board.first > this.#firstBefore;
    return hasAdvanced && this.#sentAgainAt >= 0 && echo < this.#sentAgainAt;
  }

  #enter(kind: "recovery" | "timeout"): void {
    this.#state = { kind, until: this.#board.next };
    this.#mayUndo = true;
    // What was sent again in the last recovery may still be acknowledged in this one.
    const { sentAgainCount } = this.#board;
    this.#unexplained = sentAgainCount > 0 ? sentAgainCount : -1;
    if (sentAgainCount === 0) this.#sentAgainAt = -1;
    this.#firstBefore = this.#board.first;
  }
}
