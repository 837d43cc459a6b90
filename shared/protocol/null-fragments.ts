import type { SendingOrder } from "./bundle/sending-order.ts";
import type { MemberLink } from "./link/member-link.ts";
import { type Milliseconds, milliseconds, NEVER } from "./units.ts";

// How soon after a burst the links that it passed by get a null fragment: at least this, at most twice this.
const NULL_FRAGMENT_INTERVAL = milliseconds(30);

/** Sends a null fragment of a class on a link that may carry it. */
export type SendNull = (link: MemberLink, trafficClass: number, now: Milliseconds) => void;

/** Sends null fragments (RFC 1990 §4.1) on links that a burst has passed by, so that the peer's M can advance. */
export class NullFragments {
  readonly #order: SendingOrder;
  readonly #links: readonly MemberLink[];
  readonly #send: SendNull;
  /** When to look next; `NEVER` while nothing was sent. */
  nextCheck: Milliseconds = NEVER;

  constructor(order: SendingOrder, links: readonly MemberLink[], send: SendNull) {
    this.#order = order;
    this.#links = links;
    this.#send = send;
  }

  /** Notes that data leave now. */
  onSent(now: Milliseconds): void {
    if (this.nextCheck === NEVER && this.#links.length > 1)
      this.nextCheck = milliseconds(now + NULL_FRAGMENT_INTERVAL);
  }

  /** Sends what is due in a bundle of so many classes; true when there is nothing more to come. */
  handleTimeout(classes: number, now: Milliseconds): boolean {
    if (this.nextCheck > now) return false;
    const order = this.#order;
    let isBusy = false;
    // Nobody waits for order in the real-time class.
    for (let trafficClass = classes > 1 ? 1 : 0; trafficClass < classes; trafficClass++) {
      for (const link of this.#links) {
        if (!link.isUp || !order.isBehind(trafficClass, link.ordinal)) continue;
        if (link.mayCarry(now)) this.#send(link, trafficClass, now);
        else isBusy = true;
      }
    }
    const hasNews = order.mark();
    this.nextCheck = hasNews || isBusy ? milliseconds(now + NULL_FRAGMENT_INTERVAL) : NEVER;
    return this.nextCheck === NEVER;
  }
}
