import * as v from "valibot";
import type { StatusSnapshot } from "./status-snapshot.ts";

const TRAFFIC = v.looseObject({ packets: v.number(), bytes: v.number() });
const DROPS = v.record(v.string(), v.number());

const RATE = v.looseObject({
  foundBytesPerSecond: v.number(),
  paceBytesPerSecond: v.number(),
  state: v.string(),
  reason: v.string(),
  confidence: v.number(),
  configuredBytesPerSecond: v.nullable(v.number()),
  configuredMinimumBytesPerSecond: v.nullable(v.number()),
  configuredIs: v.picklist(["plausible", "too high", "may be too low"]),
});

const LINK = v.looseObject({
  name: v.string(),
  state: v.picklist(["down", "probing", "up"]),
  reason: v.string(),
  stateAgeMs: v.number(),
  local: v.nullable(v.string()),
  remote: v.nullable(v.string()),
  rttMs: v.nullable(v.number()),
  rttVariationMs: v.nullable(v.number()),
  rttMinimumMs: v.nullable(v.number()),
  isSilent: v.boolean(),
  lossRatio: v.nullable(v.number()),
  sendLossRatio: v.number(),
  queueMs: v.number(),
  jitterMs: v.number(),
  inFlightBytes: v.number(),
  mtu: v.number(),
  rate: RATE,
  configuredSendRate: v.nullable(v.number()),
  configuredReceiveRate: v.nullable(v.number()),
  sent: TRAFFIC,
  received: TRAFFIC,
  sendRate: v.number(),
  receiveRate: v.number(),
  sendShare: v.number(),
  receiveShare: v.number(),
  use: v.looseObject({
    kind: v.picklist(["used", "reserved", "benched"]),
    reason: v.nullable(v.string()),
    retryMs: v.nullable(v.number()),
  }),
  priority: v.number(),
  isFallbackOnly: v.boolean(),
  allowance: v.picklist(["full", "fallback", "throttled"]),
  quota: v.exactOptional(v.looseObject({ used: v.number(), limit: v.number() })),
  sendReason: v.string(),
  receiveReason: v.string(),
});

const BUNDLE = v.looseObject({
  name: v.string(),
  ip4: v.nullable(v.string()),
  ip6: v.nullable(v.string()),
  mtu: v.number(),
  cipher: v.nullable(v.string()),
  links: v.array(LINK),
  sent: TRAFFIC,
  received: TRAFFIC,
  scheduler: v.string(),
  queue: v.looseObject({
    ...TRAFFIC.entries,
    oldestMs: v.number(),
    dropped: v.number(),
    marked: v.number(),
    droppedForRoom: v.number(),
  }),
  recovery: v.looseObject({
    lost: v.number(),
    sentAgain: v.number(),
    sentAgainBytes: v.number(),
    givenUp: v.number(),
    sentTwice: v.number(),
  }),
  reordering: v.looseObject({
    heldFragments: v.number(),
    reorderedFragments: v.number(),
    lostFragments: v.number(),
    lateFragments: v.number(),
    repairedFragments: v.number(),
    duplicateFragments: v.number(),
    timeouts: v.number(),
  }),
  drops: DROPS,
});

/** The check of a snapshot that came from outside; members that a newer daemon adds are kept. */
const STATUS_SNAPSHOT: v.GenericSchema<unknown, StatusSnapshot> = v.looseObject({
  version: v.string(),
  role: v.picklist(["client", "server"]),
  interfaceName: v.string(),
  uptimeMs: v.number(),
  bundles: v.array(BUNDLE),
  drops: DROPS,
});

/** The snapshot in a value parsed from JSON, or in words what is wrong with it. */
export function parseStatusSnapshot(value: unknown): { snapshot: StatusSnapshot } | { error: string } {
  const result = v.safeParse(STATUS_SNAPSHOT, value);
  return result.success ? { snapshot: result.output } : { error: v.summarize(result.issues) };
}
