import type { Fragment } from "../bundle/fragment.ts";
import type { MemberLink } from "../link/member-link.ts";
import type { BpfCode } from "../packet/bpf-code.ts";
import { BpfProgram } from "../packet/bpf-program.ts";
import { PACKET_PROTOCOL_SIZE } from "../wire/frame-header.ts";

/** A link and the program of the packets that go over it. */
export type LinkFilter = { readonly link: string; readonly code: BpfCode };

/** The filters of a client: which packets go over which link. */
export class LinkFilters {
  readonly #filters: readonly { readonly name: string; readonly program: BpfProgram }[];

  /** Throws RangeError for code that cannot be run. */
  constructor(filters: readonly LinkFilter[]) {
    this.#filters = filters.map(({ link, code }) => ({ name: link, program: new BpfProgram(code) }));
  }

  /** The link of the first filter that takes a packet that nothing was sent of; undefined when none does. */
  find(fragment: Fragment, bytes: Uint8Array, links: readonly MemberLink[]): MemberLink | undefined {
    const { headOffset, headLength, bodyOffset, bodyLength } = fragment;
    const packet = headOffset + PACKET_PROTOCOL_SIZE;
    const length = headLength - PACKET_PROTOCOL_SIZE;
    for (const { name, program } of this.#filters) {
      if (!program.matches(bytes, packet, length, bodyOffset, bodyLength)) continue;
      for (const link of links) if (link.name === name) return link;
      return undefined;
    }
    return undefined;
  }
}
