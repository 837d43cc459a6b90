import type { AutoOrNo } from "../shared/config/kinds.ts";
import type { Decision } from "../shared/protocol/decisions.ts";
import type { RateLimits } from "../shared/protocol/link/configured-rate.ts";
import type { LinkAllowance } from "../shared/protocol/link/quota.ts";
import type { LinkFilter } from "../shared/protocol/pinning/link-filters.ts";
import type { SchedulerName } from "../shared/protocol/scheduler/schedulers.ts";
import type { Cipher } from "../shared/protocol/seal/aead.ts";
import type { InnerAddress } from "../shared/protocol/session/codecs.ts";
import type { SecretKey } from "../shared/protocol/session/key-id.ts";
import type { LineTerms } from "../shared/protocol/session/line-terms.ts";
import type { AcceptedLink } from "../shared/protocol/session/link-answer.ts";
import type { Milliseconds } from "../shared/protocol/units.ts";

/** What the client's data plane is made from. */
export type ClientPlaneData = {
  readonly interfaceName: string;
  readonly offload: boolean;
  readonly secret: SecretKey;
  readonly clientName: string;
  readonly ciphers: readonly Cipher[];
  readonly ip4: InnerAddress | undefined;
  readonly ip6: InnerAddress | undefined;
  readonly keepalive: Milliseconds;
  readonly deadAfter: Milliseconds | undefined;
  readonly mrru: number;
  readonly reorderWait: Milliseconds;
  readonly scheduler: SchedulerName;
  readonly retransmit: AutoOrNo;
  readonly redundancy: AutoOrNo;
  /** The priority of the data plane's thread, as nice(1) has it. */
  readonly nice: number;
  /** Which packets go over which link while that is up: the first that matches counts. */
  readonly filters: readonly LinkFilter[];
  readonly version: string;
  readonly links: readonly {
    readonly name: string;
    readonly sendLimits: RateLimits;
    /** The server's sending rate. */
    readonly receiveLimits: RateLimits;
    readonly line: LineTerms;
    readonly mtu: number;
  }[];
};

/** How a link leaves, and where its server is. */
export type Uplink = {
  readonly family: 4 | 6;
  readonly address: string;
  readonly port: number | null;
  readonly device: string;
  readonly mark: number;
  readonly mtu: number;
  readonly remote: { readonly address: string; readonly port: number };
};

/** What the client's control plane asks of its data plane. */
export type ClientCommand =
  | { readonly kind: "uplink"; readonly link: string; readonly uplink: Uplink }
  | { readonly kind: "uplink lost"; readonly link: string; readonly reason: string }
  /** What the link's quota allows from now on. */
  | { readonly kind: "allowance"; readonly link: string; readonly allowance: LinkAllowance }
  /** The TUN device's MTU, to be shown. */
  | { readonly kind: "tunnel mtu"; readonly mtu: number };

/** What the client's data plane tells. */
export type ClientEvent =
  | {
      readonly kind: "link changed";
      readonly link: string;
      readonly state: "down" | "probing" | "up";
      readonly reason: string;
      readonly rttMs: number | null;
    }
  | { readonly kind: "link roamed"; readonly link: string }
  | { readonly kind: "socket failed"; readonly link: string; readonly code: string }
  | { readonly kind: "agreed"; readonly link: string; readonly answer: AcceptedLink }
  | { readonly kind: "mtu changed"; readonly mtu: number }
  /** Of the decisions about links those that are logged. */
  | { readonly kind: "decided"; readonly decision: Decision }
  | { readonly kind: "restarted" };
