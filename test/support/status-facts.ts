import type { Explanation } from "../../shared/observe/explanation.ts";
import type { SchedulerAnswer } from "../../shared/observe/scheduler-switch.ts";
import type { BundleStatus, LinkStatus, StatusSnapshot } from "../../shared/observe/status-snapshot.ts";

/** A line that carries nearly everything. */
export const DSL: LinkStatus = {
  name: "dsl1",
  state: "up",
  reason: "the peer answers",
  stateAgeMs: 200_000,
  local: "192.168.1.2:40001",
  remote: "203.0.113.5:5080",
  rttMs: 12.34,
  rttVariationMs: 0.81,
  rttMinimumMs: 11.9,
  isSilent: false,
  lossRatio: 0.0012,
  sendLossRatio: 0.002,
  queueMs: 4,
  jitterMs: 0.4,
  inFlightBytes: 20_480,
  mtu: 1500,
  rate: {
    foundBytesPerSecond: 1_250_000,
    paceBytesPerSecond: 1_300_000,
    state: "following",
    reason: "the line carries 10 Mbit/s with 4 ms of queue",
    confidence: 0.95,
    configuredBytesPerSecond: 1_250_000,
    configuredMinimumBytesPerSecond: null,
    configuredIs: "plausible",
  },
  configuredSendRate: 1_250_000,
  configuredReceiveRate: 6_250_000,
  sent: { packets: 60_000, bytes: 83_100_000 },
  received: { packets: 900_000, bytes: 1_300_000_000 },
  sendRate: 1_012_500,
  receiveRate: 5_025_000,
  sendShare: 1,
  receiveShare: 0.996,
  use: { kind: "used", reason: null, retryMs: null },
  priority: 1,
  isFallbackOnly: false,
  allowance: "full",
  sendReason: "nearest line, 10.0 Mbit/s",
  receiveReason: "40.2 Mbit/s of the configured 50.0 Mbit/s, 0.1 % lost on the way",
};

/** A line that is down, and of which nothing is known. */
export const LTE: LinkStatus = {
  ...DSL,
  name: "lte",
  state: "down",
  reason: "no answer for 0.5 s",
  stateAgeMs: 4000,
  local: null,
  remote: null,
  rttMs: null,
  rttVariationMs: null,
  rttMinimumMs: null,
  lossRatio: null,
  configuredSendRate: null,
  configuredReceiveRate: null,
  sendRate: 0,
  receiveRate: 0,
  sendShare: 0,
  receiveShare: 0,
  sendReason: "no answer for 0.5 s",
  receiveReason: "no answer for 0.5 s",
};

/** A bundle of both. */
export const BUNDLE: BundleStatus = {
  name: "vps",
  ip4: "10.44.43.2/24",
  ip6: "fd00::2/64",
  mtu: 1420,
  cipher: "aes-256-gcm",
  links: [DSL, LTE],
  sent: { packets: 500_112, bytes: 87_136_666 },
  received: { packets: 1, bytes: 1_299_227_607 },
  scheduler: "earliest-arrival",
  queue: { packets: 3, bytes: 4200, oldestMs: 4.2, dropped: 10, marked: 30, droppedForRoom: 2 },
  recovery: { lost: 120, sentAgain: 118, sentAgainBytes: 163_840, givenUp: 2, sentTwice: 0 },
  reordering: {
    heldFragments: 12,
    reorderedFragments: 3400,
    lostFragments: 5,
    lateFragments: 1,
    repairedFragments: 40,
    duplicateFragments: 2,
    timeouts: 1,
  },
  drops: { replayed: 3, "foreign-source": 1200 },
};

/** A client with it. */
export const SNAPSHOT: StatusSnapshot = {
  version: "0.1.0",
  role: "client",
  interfaceName: "hawser0",
  uptimeMs: 3_840_000,
  bundles: [BUNDLE],
  drops: { "unknown-key": 12 },
};

/** What a server without a bundle says of its schedulers. */
export const NO_SCHEDULERS: SchedulerAnswer = {
  version: "0.1.0",
  role: "server",
  interfaceName: "hawser0",
  bundles: [],
  newBundles: "earliest-arrival",
};

/** What a daemon without a bundle says of its decisions. */
export const NOTHING_DECIDED: Explanation = {
  version: "0.1.0",
  role: "client",
  interfaceName: "hawser0",
  bundles: [],
};
