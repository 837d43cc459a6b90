import type { LinkParts } from "./link/link-parts.ts";
import type { SentPackets } from "./link/sent-packets.ts";
import type { Outbound } from "./outbound.ts";
import { type Milliseconds, milliseconds, seconds } from "./units.ts";

// So often the sending side looks at its links while it has nothing to send: what it would find is of use to nobody.
const RESTING_INTERVAL = seconds(1);

/** Decides when the sending side of a bundle has to look at a link again: a server has many that only receive, or rest. */
export class FeedbackPace {
  #packets = 0;
  #lookedAt: Milliseconds = milliseconds(Number.NEGATIVE_INFINITY);

  /** Takes what became known of the packets of a link, and first notes what that decided. */
  take({ link, watch }: LinkParts, outbound: Outbound, now: Milliseconds): void {
    watch.observe(outbound.recovery.counters.sentAgain, now);
    const hasQueue = !outbound.queue.isEmpty;
    if (this.isDue(link.sentPackets, outbound.packets, hasQueue, now)) outbound.onFeedback(link, now);
  }

  /**
   * Whether something became known of what was sent on the link, the bundle sends, or it has rested for long. `packets`
   * is how many the bundle was given so far; the answer counts as looked at.
   */
  isDue({ acknowledged, lost }: SentPackets, packets: number, hasQueue: boolean, now: Milliseconds): boolean {
    const hasNews = acknowledged.count + lost.count > 0;
    const isSending = packets !== this.#packets || hasQueue;
    if (!hasNews && !isSending && now - this.#lookedAt < RESTING_INTERVAL) return false;
    this.#packets = packets;
    this.#lookedAt = now;
    return true;
  }
}
