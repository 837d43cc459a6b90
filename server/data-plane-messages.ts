import type { AutoOrNo } from "../shared/config/kinds.ts";
import type { IpAddress, IpPrefix } from "../shared/config/values/ip-address.ts";
import type { Decision } from "../shared/protocol/decisions.ts";
import type { SchedulerName } from "../shared/protocol/scheduler/schedulers.ts";
import type { Cipher } from "../shared/protocol/seal/aead.ts";
import type { SecretKey } from "../shared/protocol/session/key-id.ts";
import type { Bytes, Milliseconds } from "../shared/protocol/units.ts";
import type { BundleClient, SecretOwner } from "./bundles.ts";
import type { LinkRates } from "./link-rates.ts";
import type { WorkerShare } from "./worker-share.ts";

/** What the server's data plane is made from. */
export type ServerPlaneData = {
  readonly interfaceName: string;
  readonly offload: boolean;
  readonly sockets: readonly { readonly address: string; readonly family: 4 | 6; readonly dualStack: boolean }[];
  readonly port: number;
  readonly secrets: readonly { readonly secret: SecretKey; readonly owner: SecretOwner }[];
  readonly clients: readonly BundleClient[];
  readonly linkRates: readonly LinkRates[];
  readonly ip4: IpPrefix;
  readonly ip6: IpPrefix | undefined;
  readonly dns: readonly IpAddress[];
  readonly allowsClientToClient: boolean;
  readonly maxClients: number;
  readonly ciphers: readonly Cipher[];
  readonly mrru: number;
  readonly reorderWait: Milliseconds;
  readonly scheduler: SchedulerName;
  readonly retransmit: AutoOrNo;
  readonly redundancy: AutoOrNo;
  /** The priority of the data plane's thread, as nice(1) has it. */
  readonly nice: number;
  readonly deadAfter: Milliseconds | undefined;
  readonly tunnelMtu: Bytes | undefined;
  readonly version: string;
};

/** What one of its threads gets. */
export type ServerWorkerData = ServerPlaneData & { readonly share: WorkerShare };

/** What the server's control plane asks of its data plane. */
export type ServerCommand =
  | { readonly kind: "tunnel mtu"; readonly mtu: number }
  /** Takes the addresses of absent clients back. */
  | { readonly kind: "reclaim leases" };

/** What the server's data plane tells. */
export type ServerEvent =
  | {
      readonly kind: "link changed";
      readonly client: string;
      readonly link: string;
      readonly state: "down" | "probing" | "up";
      readonly reason: string;
      readonly remote: string | null;
      readonly rttMs: number | null;
    }
  | { readonly kind: "link roamed"; readonly client: string; readonly link: string; readonly remote: string | null }
  | {
      readonly kind: "client connected";
      readonly client: string;
      readonly ip4: string | null;
      readonly ip6: string | null;
    }
  | { readonly kind: "client gone"; readonly client: string }
  /** Of the decisions about links those that are logged. */
  | { readonly kind: "decided"; readonly client: string; readonly decision: Decision }
  /** The largest packet that needs no fragmentation on any link of any client of this worker; null when it is not known. */
  | { readonly kind: "mtu changed"; readonly mtu: number | null }
  /** A client was refused, or will be, unless another worker has addresses of absent ones. */
  | { readonly kind: "addresses short" };
