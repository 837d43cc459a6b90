import { isIPv6 } from "node:net";
import * as v from "valibot";
import { type MasqueradeRule, planFirewall } from "../shared/runtime/system/firewall.ts";
import type { HostChange } from "../shared/runtime/system/host-change.ts";
import { MAIN_TABLE, type NetworkSnapshot, readNetwork } from "../shared/runtime/system/network-snapshot.ts";
import { runCommand } from "../shared/runtime/system/run-command.ts";
import { readSetting } from "../shared/runtime/system/settings.ts";

/** What the server's host does with the packets of the clients. */
export type NatRequest = {
  readonly tunnelDevice: string;
  /** The address pool and the clients' `routes`, IPv4 and IPv6: "10.44.43.0/24". */
  readonly prefixes: readonly string[];
  /** Whether they get the address of the device by which they leave (`nat = yes`). */
  readonly masquerades: boolean;
  /** The only device by which they get another address; any but the tunnel when left out. */
  readonly outDevice?: string;
  /** Whether clients may not reach each other (`client_to_client = no`). */
  readonly isolatesClients: boolean;
  /** Whether TCP segments are kept within the tunnel's MTU (`mss_clamp`); they are when left out. */
  readonly clampsSegments?: boolean;
};

const ROUTER_ADVERTISEMENT = "9";
const ACCEPT_UNLESS_FORWARDING = "1";
const ACCEPT_ALWAYS = "2";

/**
 * The changes that let clients reach the internet: forwarding, masquerade and MSS clamping. The kernel picks the device
 * for each packet, so a default route that moves to another device needs no change here. A host whose firewall drops
 * forwarded packets (Docker, ufw) drops these too, see `findForwardBlockers`.
 */
export async function planNat(request: NatRequest): Promise<HostChange[]> {
  const usesIp6 = request.prefixes.some(isPrefix6);
  const devices = usesIp6 ? advertisedDevices(await readNetwork(), request.tunnelDevice) : [];
  const accepting: string[] = [];
  for (const device of devices) {
    if ((await readSetting(advertisementSetting(device))) === ACCEPT_UNLESS_FORWARDING) accepting.push(device);
  }
  return natChanges(request, accepting);
}

/**
 * The changes, given the devices that got their default route by router advertisement: the kernel deletes such routes
 * and ignores further advertisements as soon as it forwards, unless it was told to accept them always.
 */
export function natChanges(request: NatRequest, advertised: readonly string[]): HostChange[] {
  const { tunnelDevice, isolatesClients, clampsSegments = true } = request;
  const masquerade = request.masquerades ? masqueradeRules(request) : [];
  // First made and last undone: as long as packets are forwarded or still arrive for clients, the table turns their
  // addresses; what arrives without it, the host itself would answer with a reset.
  const changes: HostChange[] = [planFirewall({ tunnelDevice, masquerade, isolatesClients, clampsSegments })];
  if (request.prefixes.some((prefix) => !isPrefix6(prefix))) {
    changes.push({ kind: "setting", name: "net/ipv4/ip_forward", value: "1" });
  }
  if (request.prefixes.some(isPrefix6)) {
    for (const device of advertised) {
      changes.push({ kind: "setting", name: advertisementSetting(device), value: ACCEPT_ALWAYS });
    }
    changes.push({ kind: "setting", name: "net/ipv6/conf/all/forwarding", value: "1" });
  }
  return changes;
}

/** The devices whose addresses or routes in the main table come from router advertisements. */
export function advertisedDevices(network: NetworkSnapshot, tunnelDevice: string): string[] {
  const routes = network.routes.filter(
    (one) => one.family === 6 && one.table === MAIN_TABLE && one.protocol === ROUTER_ADVERTISEMENT,
  );
  return [...new Set(routes.map((route) => route.device))].filter((device) => device !== tunnelDevice);
}

const Chains = v.object({
  nftables: v.array(
    v.object({
      chain: v.optional(
        v.object({
          family: v.string(),
          table: v.string(),
          name: v.string(),
          hook: v.optional(v.string()),
          policy: v.optional(v.string()),
        }),
      ),
    }),
  ),
});

/**
 * The chains of other firewalls that drop forwarded packets by default, as "ip filter FORWARD". Accepting packets in
 * our table cannot help against them; the operator has to allow the TUN device there.
 */
export async function findForwardBlockers(): Promise<string[]> {
  const output = await runCommand({ program: "nft", arguments: ["-j", "list", "chains"] });
  return forwardBlockersIn(output);
}

/** Reads the output of `nft -j list chains`. */
export function forwardBlockersIn(output: string): string[] {
  const chains = v.parse(Chains, JSON.parse(output)).nftables.flatMap(({ chain }) => chain ?? []);
  const dropping = chains.filter((chain) => chain.hook === "forward" && chain.policy === "drop");
  return dropping.map((chain) => `${chain.family} ${chain.table} ${chain.name}`);
}

function masqueradeRules(request: NatRequest): MasqueradeRule[] {
  const towards = request.outDevice === undefined ? "any but the tunnel" : ({ device: request.outDevice } as const);
  return ([4, 6] as const).flatMap((family): MasqueradeRule[] => {
    const sources = request.prefixes.filter((prefix) => isPrefix6(prefix) === (family === 6));
    return sources.length === 0 ? [] : [{ family, towards, sources }];
  });
}

function advertisementSetting(device: string): string {
  return `net/ipv6/conf/${device}/accept_ra`;
}

function isPrefix6(prefix: string): boolean {
  return isIPv6(prefix.split("/")[0] ?? "");
}
