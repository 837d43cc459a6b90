import * as v from "valibot";
import type { StatusSnapshot } from "./status-snapshot.ts";

const TRAFFIC = v.looseObject({ packets: v.number(), bytes: v.number() });
const DROPS = v.record(v.string(), v.number());

const LINK = v.looseObject({
  name: v.string(),
  state: v.picklist(["down", "probing", "up"]),
  reason: v.string(),
  stateAgeMs: v.number(),
  local: v.nullable(v.string()),
  remote: v.nullable(v.string()),
  rttMs: v.nullable(v.number()),
  rttVariationMs: v.nullable(v.number()),
  lossRatio: v.nullable(v.number()),
  mtu: v.number(),
  configuredSendRate: v.nullable(v.number()),
  configuredReceiveRate: v.nullable(v.number()),
  sent: TRAFFIC,
  received: TRAFFIC,
  sendRate: v.number(),
  receiveRate: v.number(),
  sendShare: v.number(),
  receiveShare: v.number(),
  quota: v.exactOptional(v.looseObject({ used: v.number(), limit: v.number() })),
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
  queue: TRAFFIC,
  reordering: v.looseObject({
    heldFragments: v.number(),
    reorderedFragments: v.number(),
    lostFragments: v.number(),
    lateFragments: v.number(),
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
