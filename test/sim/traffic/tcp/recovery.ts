import type { CongestionControl } from "./congestion-control.ts";
import type { Scoreboard } from "./scoreboard.ts";

type State =
  | { readonly kind: "open" }
  | { readonly kind: "reduced" | "recovery" | "timeout"; readonly until: number };

const OPEN: State = { kind: "open" };

/** What a recovery counts into. */
type Counters = { recoveries: number; undone: number };

/** How a recovery goes on after an acknowledgement; `late` when it shows that what was sent again was only late. */
export type RecoveryOutcome = "goes on" | "ended" | "late";

/**
 * Whether a sender is repairing losses, and whether that turns out to be needless: the reduction is undone when every
 * retransmission was reported as a duplicate (RFC 3708), when what is acknowledged was sent before the first
 * retransmission (Eifel, RFC 3522), or when after a timeout something arrives that was sent once (F-RTO, RFC 5682).
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
  #hasOriginal = false;

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

  /** Notes a timeout; further ones before the first is repaired do not reduce the threshold again. */
  onTimeout(now: number): void {
    const { first, next, inFlight } = this.#board;
    const isNew = this.#state.kind === "open" || first >= this.#state.until;
    this.#control.onCongestion(isNew ? "timeout" : "another timeout", inFlight, now);
    if (isNew) this.#enter("timeout");
    else this.#state = { kind: "timeout", until: next };
  }

  onSentAgain(now: number): void {
    this.#unexplained = Math.max(0, this.#unexplained) + 1;
    if (this.#sentAgainAt < 0) this.#sentAgainAt = Math.floor(now);
  }

  /** Notes a delivered segment, before the scoreboard forgets it. */
  onDelivered(segment: number): void {
    if (this.#state.kind !== "timeout" || segment >= this.#state.until) return;
    if (!this.#board.wasSentAgain(segment)) this.#hasOriginal = true;
  }

  /** Notes that the receiver got something twice. */
  onDuplicate(): void {
    if (this.#unexplained > 0) this.#unexplained--;
  }

  /** Ends the recovery when its time is over, or undoes it. `echo` is the timestamp that came back. */
  onAck(echo: number, now: number): RecoveryOutcome {
    const state = this.#state;
    if (state.kind === "open") return "goes on";
    const isLate = this.#mayUndo && (this.#hasOriginal || this.#isEchoEarly(echo));
    const isUndone = isLate || (this.#mayUndo && this.#unexplained === 0);
    if (!isUndone && this.#board.first < state.until) return "goes on";
    if (isUndone) this.#undo(isLate, now);
    this.#control.onRecoveryEnd(now);
    this.#state = OPEN;
    this.#mayUndo = false;
    return isLate ? "late" : "ended";
  }

  #undo(isLate: boolean, now: number): void {
    this.#counters.undone++;
    this.#control.onUndo(now);
    if (isLate) this.#board.forgetLosses();
  }

  #isEchoEarly(echo: number): boolean {
    const hasAdvanced = this.#board.first > this.#firstBefore;
    return hasAdvanced && this.#sentAgainAt >= 0 && echo < this.#sentAgainAt;
  }

  #enter(kind: "recovery" | "timeout"): void {
    this.#state = { kind, until: this.#board.next };
    this.#mayUndo = true;
    this.#hasOriginal = false;
    // What was sent again in the last recovery may still be acknowledged in this one.
    const { sentAgainCount } = this.#board;
    this.#unexplained = sentAgainCount > 0 ? sentAgainCount : -1;
    if (sentAgainCount === 0) this.#sentAgainAt = -1;
    this.#firstBefore = this.#board.first;
  }
}
