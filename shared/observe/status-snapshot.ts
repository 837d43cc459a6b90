/** A count of packets and of the bytes in them. */
export type Traffic = { readonly packets: number; readonly bytes: number };

/** One member link as `hawser status` shows it. Rates are bytes per second, shares are 0 to 1, null is "not known". */
export type LinkStatus = {
  readonly name: string;
  readonly state: "down" | "probing" | "up";
  /** Why the link is in this state, in words for an operator: "no answer for 0.5 s". */
  readonly reason: string;
  readonly stateAgeMs: number;
  readonly local: string | null;
  readonly remote: string | null;
  readonly rttMs: number | null;
  readonly rttVariationMs: number | null;
  /** Share of the peer's packets on this link that did not arrive lately. */
  readonly lossRatio: number | null;
  readonly mtu: number;
  readonly configuredSendRate: number | null;
  readonly configuredReceiveRate: number | null;
  readonly sent: Traffic;
  readonly received: Traffic;
  readonly sendRate: number;
  readonly receiveRate: number;
  readonly sendShare: number;
  readonly receiveShare: number;
  /** What the link has used of what it may carry in a month, in bytes; left out where it has no quota. */
  readonly quota?: { readonly used: number; readonly limit: number };
};

/** One bundle: the only one of a client, one for each client of a server. */
export type BundleStatus = {
  readonly name: string;
  readonly ip4: string | null;
  readonly ip6: string | null;
  readonly mtu: number;
  readonly cipher: string | null;
  readonly links: readonly LinkStatus[];
  /** IP packets taken from and given to the TUN device. */
  readonly sent: Traffic;
  readonly received: Traffic;
  readonly queue: Traffic;
  readonly reordering: {
    readonly heldFragments: number;
    readonly reorderedFragments: number;
    readonly lostFragments: number;
    readonly lateFragments: number;
    readonly timeouts: number;
  };
  /** Counted drops by reason; reasons that never happened are left out. */
  readonly drops: Readonly<Record<string, number>>;
};

/** What a daemon knows of itself at one moment: the only source of the status command, the metrics and the logs. */
export type StatusSnapshot = {
  readonly version: string;
  readonly role: "client" | "server";
  readonly interfaceName: string;
  readonly uptimeMs: number;
  readonly bundles: readonly BundleStatus[];
  /** Drops that belong to no bundle, such as datagrams of strangers. */
  readonly drops: Readonly<Record<string, number>>;
};
