/** A count of packets and of the bytes in them. */
export type Traffic = { readonly packets: number; readonly bytes: number };

/** The rate of a link in the direction that this end sends: what was found, and what the operator said. */
export type RateStatus = {
  /** What the line is taken to carry. */
  readonly foundBytesPerSecond: number;
  /** What is sent now at most, as the line's queue is to stay short. */
  readonly paceBytesPerSecond: number;
  /** What the finding of the rate is at: "following", "rising" and so on, and why, in words. */
  readonly state: string;
  readonly reason: string;
  /** How sure the rate is, 0 to 1: it fades while nothing proves that the line is full. */
  readonly confidence: number;
  /** What the operator allows, and says is carried at least; null where it is to be found. */
  readonly configuredBytesPerSecond: number | null;
  readonly configuredMinimumBytesPerSecond: number | null;
  /** What the found rate says of the configured one. */
  readonly configuredIs: "plausible" | "too high" | "may be too low";
};

/** What is known of one member link. Rates are bytes per second, shares are 0 to 1, null is "not known". */
export type LinkFacts = {
  readonly name: string;
  readonly state: "down" | "probing" | "up";
  /** Why the link is in this state, in words for an operator: "no answer for 0.5 s". */
  readonly reason: string;
  readonly stateAgeMs: number;
  readonly local: string | null;
  readonly remote: string | null;
  readonly rttMs: number | null;
  readonly rttVariationMs: number | null;
  /** The smallest of the last ten seconds. */
  readonly rttMinimumMs: number | null;
  /** Whether the peer has stopped to report what is sent: other links carry it, and this one is only tried. */
  readonly isSilent: boolean;
  /** Share of the peer's packets on this link that did not arrive lately. */
  readonly lossRatio: number | null;
  /** Share of what was sent on this link that did not arrive lately, by the peer's reports. */
  readonly sendLossRatio: number;
  /** How long what is sent waits in the line's own queue, and how much its delay varies otherwise. */
  readonly queueMs: number;
  readonly jitterMs: number;
  readonly inFlightBytes: number;
  readonly mtu: number;
  readonly rate: RateStatus;
  readonly configuredSendRate: number | null;
  readonly configuredReceiveRate: number | null;
  readonly sent: Traffic;
  readonly received: Traffic;
  readonly sendRate: number;
  readonly receiveRate: number;
  readonly sendShare: number;
  readonly receiveShare: number;
  /** Whether the link gets traffic while it is up, why not, and when one that did harm is tried again. */
  readonly use: {
    readonly kind: "used" | "reserved" | "benched";
    readonly reason: string | null;
    readonly retryMs: number | null;
  };
  /** The link's tier, and what its operator and its quota allow. */
  readonly priority: number;
  readonly isFallbackOnly: boolean;
  readonly allowance: "full" | "fallback" | "throttled";
  /** What the link has used of what it may carry in a month, in bytes; left out where it has no quota. */
  readonly quota?: { readonly used: number; readonly limit: number };
};

/** One member link as `hawser status` shows it: what is known, and in words why it carries what it does. */
export type LinkStatus = LinkFacts & { readonly sendReason: string; readonly receiveReason: string };

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
  /** The name of the scheduler that shares out what this end sends. */
  readonly scheduler: string;
  /** What waits for a link now, in all queues, and what CoDel and the queues' limits did so far, in packets. */
  readonly queue: Traffic & {
    readonly oldestMs: number;
    readonly dropped: number;
    readonly marked: number;
    readonly droppedForRoom: number;
  };
  /** Fragments that were lost on the way to the peer, and what became of them; and those that were sent twice at once. */
  readonly recovery: {
    readonly lost: number;
    readonly sentAgain: number;
    readonly sentAgainBytes: number;
    readonly givenUp: number;
    readonly sentTwice: number;
  };
  readonly reordering: {
    readonly heldFragments: number;
    readonly reorderedFragments: number;
    readonly lostFragments: number;
    readonly lateFragments: number;
    /** Lost ones of which a copy came in time, and those that came more than once. */
    readonly repairedFragments: number;
    readonly duplicateFragments: number;
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
