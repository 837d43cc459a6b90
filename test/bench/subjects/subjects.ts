import type { BenchOptions } from "../options.ts";
import { adapter } from "./adapter.ts";
import { BARE } from "./bare.ts";
import { hawser } from "./hawser.ts";
import { MULTIPATH_TCP } from "./multipath-tcp.ts";
import { OPENVPN } from "./openvpn.ts";
import type { Subject } from "./subject.ts";
import { WIREGUARD_GO } from "./wireguard-go.ts";

/** All subjects with these options. */
export function subjectsOf({ settings, adapters }: Pick<BenchOptions, "settings" | "adapters">): Subject[] {
  const others = adapters.map((file) => adapter(file));
  return [BARE, hawser(1, settings), hawser(2, settings), MULTIPATH_TCP, WIREGUARD_GO, OPENVPN, ...others];
}
