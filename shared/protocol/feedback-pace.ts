import type { LinkParts } from "./link/link-parts.ts";
import type { SentPackets } from "./link/sent-packets.ts";
import type { Outbound } from "./outbound.ts";
import { type Milliseconds, milliseconds, seconds } from "./units.ts";

// A bundle that was given nothing to send for so long rests, and looks at its links so often while it does; with the first
// packet it looks at once. Until then it does so as often as ever: flows pause, and what is measured goes on.
const REST = seconds(10);

/** Decides when the sending side of a bundle has to look at its links again: a server has many that rest, or only receive. */
export class FeedbackPace {
  #packets = 0;
  #busyAt: Milliseconds | undefined;
  #lookedAt: Milliseconds = milliseconds(Number.NEGATIVE_INFINITY);

  /** Takes what became known of the packets of a link, and first notes what that decided. */
  take({ link, watch }: LinkParts, outbound: Outbound, now: Milliseconds): void {
    const { queue, packets, recovery } = outbound;
    watch.observe(recovery.counters.sentAgain, now);
    const isWaiting = !queue.isEmpty || !recovery.isEmpty;
    if (this.isDue(link.sentPackets, packets, isWaiting, now)) outbound.onFeedback(link, now);
  }

  /**
   * Whether something is under way on the link, or became known of what was, or the bundle sends or has sent of late, or
   * has not looked for long. `packets` is how many the bundle was given so far; the answer counts as looked at.
   */
  isDue(sent: SentPackets, packets: number, isWaiting: boolean, now: Milliseconds): boolean {
    const open = sent.inFlightPackets + sent.acknowledged.count + sent.lost.count;
    if (this.#busyAt === undefined || open > 0 || isWaiting || packets !== this.#packets) this.#busyAt = now;
    this.#packets = packets;
    const isResting = now - this.#busyAt >= REST;
    if (isResting && now - this.#lookedAt < REST) return false;
    this.#lookedAt = now;
    return true;
  }
}
