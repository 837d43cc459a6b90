import type { CellPool } from "../packet/cell-pool.ts";
import type { Milliseconds } from "../units.ts";
import { FRAME_OVERHEAD } from "../wire/frame-header.ts";
import { LinkParts, type LinkPartsOptions } from "./link-parts.ts";
import { MemberLink, type MemberLinkOptions } from "./member-link.ts";

/** The links of a bundle, each with its parts and its place in the bundle. */
export class BundleLinks {
  /** In the order in which they came. */
  readonly links: MemberLink[] = [];
  /** Those with their parts, in the same order. */
  readonly all: LinkParts[] = [];
  readonly #parts = new Map<MemberLink, LinkParts>();
  readonly #records: CellPool;
  readonly #options: Omit<LinkPartsOptions, "links">;

  /** Every link takes an address record for its peer from `records`. */
  constructor(records: CellPool, options: Omit<LinkPartsOptions, "links">) {
    this.#records = records;
    this.#options = options;
  }

  /** Adds a link, which is down at first, at the first place that is free. */
  add(options: Omit<MemberLinkOptions, "ordinal" | "addressOffset">, now: Milliseconds): LinkParts {
    const taken = new Set(this.links.map(({ ordinal }) => ordinal));
    let ordinal = 0;
    while (taken.has(ordinal)) ordinal++;
    const link = new MemberLink({ ...options, ordinal, addressOffset: this.#records.take() }, now);
    const parts = new LinkParts(link, { ...this.#options, links: this.links });
    this.links.push(link);
    this.all.push(parts);
    this.#parts.set(link, parts);
    return parts;
  }

  /** Forgets a link with its keys; false when it is none of these. */
  remove(link: MemberLink): boolean {
    const parts = this.#parts.get(link);
    if (parts === undefined) return false;
    parts.dialer?.cancel();
    parts.sessions.clear();
    this.#parts.delete(link);
    this.links.splice(this.links.indexOf(link), 1);
    this.all.splice(this.all.indexOf(parts), 1);
    this.#records.release(link.addressOffset);
    return true;
  }

  parts(link: MemberLink): LinkParts | undefined {
    return this.#parts.get(link);
  }

  /** Tells the peer on every link that this end stops. */
  terminate(now: Milliseconds): void {
    for (const { link, control } of this.all) if (link.association !== undefined) control.terminate(now);
  }

  /** Tells the peer over the other links that one has lost its uplink, so that it need not find out by silence. */
  tellUplinkLost(lost: MemberLink, now: Milliseconds): void {
    for (const { link, control } of this.all) {
      if (link !== lost && link.isUp) control.tellUplinkLost(lost.options.discriminator, now);
    }
  }

  /** The largest packet that needs no fragmentation on any link that is up; undefined while none is known. */
  get mtu(): number | undefined {
    let mtu = Number.POSITIVE_INFINITY;
    for (const link of this.links) {
      if (link.isUp && !link.pathMtu.isSearching) mtu = Math.min(mtu, link.largestFrame - FRAME_OVERHEAD);
    }
    return mtu === Number.POSITIVE_INFINITY ? undefined : mtu;
  }
}
