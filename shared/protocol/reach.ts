import type { MemberLink } from "./link/member-link.ts";
import type { SecurityAssociation } from "./seal/security-association.ts";
import type { Tunnel } from "./tunnel.ts";

/** What a link index leads to. */
export type Reach = {
  readonly tunnel: Tunnel;
  readonly link: MemberLink;
  /** Undefined while the response of a handshake is awaited. */
  readonly association: SecurityAssociation | undefined;
};
