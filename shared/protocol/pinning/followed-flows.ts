import type { MemberLink } from "../link/member-link.ts";
import { type Milliseconds, seconds } from "../units.ts";

// A flow that was silent for longer is forgotten.
const KEPT_FOR = seconds(60);

// So many of a bundle are known at a time; for one more, the one that was silent longest gives way.
const MOST_FLOWS = 4096;

// How exactly it is known when a flow was heard last.
const GRAIN = seconds(1);

/** The flows that the peer has bound to links, by the hash of what goes back to it. */
export class FollowedFlows {
  /** In the order in which they were heard last. */
  readonly #flows = new Map<number, { link: MemberLink; heardAt: Milliseconds }>();

  get count(): number {
    return this.#flows.size;
  }

  /** Notes that a packet came on `link` whose answers have this hash. */
  note(hash: number, link: MemberLink, now: Milliseconds): void {
    const flows = this.#flows;
    const known = flows.get(hash);
    if (known !== undefined) {
      known.link = link;
      if (now - known.heardAt < GRAIN) return;
      flows.delete(hash);
      known.heardAt = now;
      flows.set(hash, known);
      return;
    }
    this.#makeRoom(now);
    flows.set(hash, { link, heardAt: now });
  }

  /** The link of the flow with this hash, if it was heard in the last minute. */
  find(hash: number, now: Milliseconds): MemberLink | undefined {
    if (this.#flows.size === 0) return undefined;
    const known = this.#flows.get(hash);
    return known !== undefined && now - known.heardAt < KEPT_FOR ? known.link : undefined;
  }

  /** Forgets the flows of a link. */
  forget(link: MemberLink): void {
    for (const [hash, known] of this.#flows) if (known.link === link) this.#flows.delete(hash);
  }

  #makeRoom(now: Milliseconds): void {
    for (const [hash, { heardAt }] of this.#flows) {
      if (now - heardAt < KEPT_FOR && this.#flows.size < MOST_FLOWS) return;
      this.#flows.delete(hash);
    }
  }
}
