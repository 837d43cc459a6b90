import type { Decision } from "./decisions.ts";
import type { LinkState } from "./link/link-state.ts";
import type { MemberLink } from "./link/member-link.ts";
import type { AcceptedLink } from "./session/link-answer.ts";

/** What a tunnel tells those who set up routes, write logs and keep the list of bundles. */
export type TunnelEvent =
  | { readonly kind: "link changed"; readonly link: MemberLink; readonly state: LinkState }
  | { readonly kind: "link roamed"; readonly link: MemberLink }
  | { readonly kind: "link removed"; readonly link: MemberLink }
  /** The responder said what the tunnel is to be like (initiator). */
  | { readonly kind: "agreed"; readonly link: MemberLink; readonly answer: AcceptedLink }
  /** The largest packet that needs no fragmentation has changed. */
  | { readonly kind: "mtu changed"; readonly mtu: number }
  /** Something was decided about a link; in words `hawser explain` says it. */
  | { readonly kind: "decided"; readonly decision: Decision }
  /** The peer has started anew, and so does the bundle. */
  | { readonly kind: "restarted" }
  /** No link is left (responder). */
  | { readonly kind: "ended" };
