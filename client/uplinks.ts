import { describeChange } from "../shared/runtime/system/change-actions.ts";
import type { HostChange } from "../shared/runtime/system/host-change.ts";
import { keyOf } from "../shared/runtime/system/host-change.ts";
import type { HostChanges } from "../shared/runtime/system/host-changes.ts";
import { leftoversIn } from "../shared/runtime/system/leftovers.ts";
import { networkChanges } from "../shared/runtime/system/network-monitor.ts";
import { type NetworkSnapshot, readNetwork } from "../shared/runtime/system/network-snapshot.ts";
import { readSetting } from "../shared/runtime/system/settings.ts";
import {
  planUplink,
  reversePathSetting,
  type UplinkPlan,
  type UplinkProblem,
  type UplinkRequest,
  type UplinkSocket,
} from "../shared/runtime/system/uplink-plan.ts";
