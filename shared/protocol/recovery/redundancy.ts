import type { MemberLink } from "../link/member-link.ts";

// Of a call, the loss of one packet in two hundred is heard, and jitter beyond its usual buffer's slack.
const HEARD_LOSS = 0.005;
const HEARD_JITTER = 5;

/** Decides whether real-time packets are sent twice, over two links: while a link in use shows loss or jitter. */
export class Redundancy {
  /** Whether it may ever be. */
  isAllowed = true;
  #isNeeded = false;

  get isNeeded(): boolean {
    return this.#isNeeded;
  }

  /** Takes over what was measured of the links. */
  onFeedback(links: readonly MemberLink[]): void {
    this.#isNeeded = this.isAllowed && links.some((link) => link.isUp && isBad(link));
  }
}

function isBad({ sendLoss, estimator, isSilent }: MemberLink): boolean {
  return isSilent || sendLoss.share >= HEARD_LOSS || estimator.queue.variation >= HEARD_JITTER;
}
