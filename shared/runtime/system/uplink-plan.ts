import { BlockList, isIPv6 } from "node:net";
import type { HostChange, RouteChange } from "./host-change.ts";
import { ROUTE_PROTOCOL } from "./ip-changes.ts";
import {
  type Device,
  type DeviceAddress,
  type Family,
  MAIN_TABLE,
  type NetworkSnapshot,
  type Route,
} from "./network-snapshot.ts";

/** What the configuration says about the uplink of one link. */
export type UplinkRequest = {
  readonly name: string;
  /** The link's place in the file, from 0: table, mark and priority follow it. */
  readonly index: number;
  readonly device?: string;
  /** The local address to send from. */
  readonly address?: string;
  readonly gateway?: string;
  /** A routing table of the operator's own, number or name, which is used as it is. */
  readonly table?: string;
  readonly mark?: number;
  /** The server's addresses, as far as they are known: they say which families and gateways matter. */
  readonly remotes?: readonly string[];
};

/** How a link's socket is opened so that it leaves by its uplink whatever the main routing table says. */
export type UplinkSocket = {
  /** For SO_BINDTODEVICE. */
  readonly device: string;
  /** The kernel's number of the device: a socket is bound to this, not to the name. */
  readonly deviceIndex: number;
  /** For SO_MARK: the policy rules send this mark to the link's own routing table. */
  readonly mark: number;
  readonly address4: string | null;
  readonly address6: string | null;
  readonly gateway4: string | null;
  readonly gateway6: string | null;
  /** The largest outer IP packet in bytes. */
  readonly mtu: number;
};

/** Why a link cannot be used now. */
export type UplinkProblem =
  | "device missing"
  | "device down"
  | "no carrier"
  | "no address"
  | "no gateway"
  | "no default route"
  | "setup failed";

/** What a link needs on the host at this moment. `changes` of an unusable link still keep its packets out of others. */
export type UplinkPlan = { readonly changes: readonly HostChange[] } & (
  | { readonly kind: "available"; readonly socket: UplinkSocket }
  | { readonly kind: "unavailable"; readonly reason: UplinkProblem }
);

/** What a plan depends on besides the configuration. */
export type UplinkSurroundings = {
  readonly network: NetworkSnapshot;
  /** The daemon's number on this host (`HostChanges.slot`). */
  readonly slot: number;
  readonly tunnelDevice: string;
  /** The devices on which packets are dropped when the main table would answer them by another device. */
  readonly strictDevices: ReadonlySet<string>;
};

type Numbers = { readonly table: string; readonly mark: number; readonly priority: number };
type Hop = { readonly gateway: string | null; readonly mtu: number | null; readonly isDefault: boolean };
type Side = { readonly family: Family; readonly address: string; readonly hop: Hop };

/** How many links a daemon may have: each has its own table, mark and priorities. */
export const LINKS_PER_DAEMON = 64;

const FIRST_TABLE = 7200;
// Before the rules of mwan3 (1001), Tailscale (5210) and wg-quick (32764), which would catch the packets first.
const FIRST_PRIORITY = 720;
const PRIORITIES_PER_LINK = 4;
// Passes over the default route and the two halves that stand for it when the tunnel is the default.
const SUPPRESSED_PREFIX = 1;
const LOOSE = "2";

/** Decides how a link reaches the internet and what the host needs for that. */
export function planUplink(request: UplinkRequest, surroundings: UplinkSurroundings): UplinkPlan {
  const numbers = numbersOf(request, surroundings.slot);
  const guards = guardRules(numbers, surroundings.network);
  const unavailable = (reason: UplinkProblem) => ({ kind: "unavailable", reason, changes: guards }) as const;
  const device = findDevice(request, surroundings);
  if (typeof device === "string") return unavailable(device);
  if (!device.isUp) return unavailable("device down");
  if (!device.hasCarrier) return unavailable("no carrier");
  const addresses = localAddresses(request, device);
  if (addresses.length === 0) return unavailable("no address");
  const sides = addresses.flatMap((address) => sideOf(request, device, address, surroundings.network));
  if (sides.length === 0) return unavailable("no gateway");
  const changes = [
    ...guards,
    ...(request.table === undefined ? sides.flatMap((side) => sideRoutes(side, device, numbers, surroundings)) : []),
    ...sides.flatMap((side) => sourceRules(side, numbers)),
    ...(surroundings.strictDevices.has(device.name) ? [looseFilter(device.name)] : []),
  ];
  return { kind: "available", socket: socketOf(device, numbers, sides), changes };
}

/** The kernel setting that drops packets whose source the main table would answer by another device. */
export function reversePathSetting(device: string): string {
  return `net/ipv4/conf/${device}/rp_filter`;
}

function numbersOf(request: UplinkRequest, slot: number): Numbers {
  const number = slot * LINKS_PER_DAEMON + request.index;
  return {
    table: request.table ?? String(FIRST_TABLE + number),
    mark: request.mark ?? FIRST_TABLE + number,
    priority: FIRST_PRIORITY + number * PRIORITIES_PER_LINK,
  };
}

// A marked packet for which the link's table has no route must not fall through to the main table: when the tunnel is
// the default route there, the tunnel would carry its own packets.
function guardRules(numbers: Numbers, network: NetworkSnapshot): HostChange[] {
  const { mark, table, priority } = numbers;
  const families = ([4, 6] as const).filter((family) => network.rules.some((rule) => rule.family === family));
  return families.flatMap((family) => [
    { kind: "rule", family, priority, mark, table } as const,
    { kind: "rule", family, priority: priority + 1, mark } as const,
  ]);
}

function findDevice(request: UplinkRequest, surroundings: UplinkSurroundings): Device | UplinkProblem {
  const { devices, routes } = surroundings.network;
  const byName = (name: string) => devices.find((device) => device.name === name);
  if (request.device !== undefined) return byName(request.device) ?? "device missing";
  if (request.address !== undefined) {
    return devices.find((device) => device.addresses.some((one) => one.address === request.address)) ?? "no address";
  }
  const route = routes
    .filter((one) => one.destination === "default" && one.table === MAIN_TABLE && isForeign(one))
    .filter((one) => one.device !== surroundings.tunnelDevice)
    .sort(byPreference)[0];
  return route === undefined ? "no default route" : (byName(route.device) ?? "device missing");
}

// One address for each family that the server may be reached by.
function localAddresses(request: UplinkRequest, device: Device): DeviceAddress[] {
  const families = new Set((request.remotes ?? []).map(familyOf));
  const usable = device.addresses.filter((one) =>
    request.address === undefined ? one.isGlobal && one.isUsable : one.address === request.address,
  );
  const wanted = usable.filter((one) => families.size === 0 || families.has(one.family));
  // A temporary address is replaced every day, and the link's socket with it.
  const steadyFirst = wanted.toSorted((a, b) => Number(a.isTemporary) - Number(b.isTemporary));
  return ([4, 6] as const).flatMap((family) => steadyFirst.find((one) => one.family === family) ?? []);
}

function sideOf(request: UplinkRequest, device: Device, local: DeviceAddress, network: NetworkSnapshot): Side[] {
  const { family, address } = local;
  const hop = findHop(request, device, local, network);
  return hop === null ? [] : [{ family, address, hop }];
}

function findHop(request: UplinkRequest, device: Device, local: DeviceAddress, network: NetworkSnapshot): Hop | null {
  const { family } = local;
  const routes = network.routes.filter(
    (one) => one.family === family && one.device === device.name && isForeign(one),
  );
  const best = routes.filter((one) => one.destination === "default").sort(byPreference)[0];
  if (request.gateway !== undefined && familyOf(request.gateway) === family) {
    return { gateway: request.gateway, mtu: best?.mtu ?? null, isDefault: true };
  }
  if (best !== undefined) return { gateway: best.gateway, mtu: best.mtu, isDefault: true };
  const isEnough = device.isPointToPoint || request.table !== undefined;
  if (isEnough) return { gateway: null, mtu: null, isDefault: true };
  const remotes = (request.remotes ?? []).filter((remote) => familyOf(remote) === family);
  const specific = routes.find((route) => remotes.some((remote) => isWithin(remote, route.destination)));
  if (specific === undefined) return null;
  return { gateway: specific.gateway, mtu: specific.mtu, isDefault: specific.gateway !== null };
}

function sideRoutes(side: Side, device: Device, numbers: Numbers, surroundings: UplinkSurroundings): RouteChange[] {
  const { family, address, hop } = side;
  const common = { kind: "route", family, device: device.name, table: numbers.table, source: address } as const;
  const neighbours = surroundings.network.routes.filter(
    (one) => one.family === family && one.device === device.name && one.table === MAIN_TABLE && isForeign(one),
  );
  const destinations = new Set(
    neighbours.filter((one) => one.gateway === null && one.destination !== "default").map((one) => one.destination),
  );
  const onLink = [...destinations].map((destination) => ({ ...common, destination }));
  if (!hop.isDefault) return onLink;
  const isReachable = hop.gateway === null || [...destinations].some((one) => isWithin(hop.gateway ?? "", one));
  return [
    ...onLink,
    {
      ...common,
      destination: "default",
      ...(hop.gateway === null ? {} : { gateway: hop.gateway }),
      ...(hop.mtu === null ? {} : { mtu: hop.mtu }),
      ...(isReachable ? {} : { isOnLink: true }),
    },
  ];
}

// What comes from the uplink's address leaves by the uplink too: answers to pings and to connections from outside, and
// the kernel's own question on receipt (rp_filter) whether the sender is reachable at all, which has no mark. The first
// rule leaves all that has a route of its own, such as the LAN, to the main table.
function sourceRules(side: Side, numbers: Numbers): HostChange[] {
  const { family, address } = side;
  const common = { kind: "rule", family, source: address } as const;
  return [
    {
      ...common,
      priority: numbers.priority + 2,
      table: "main",
      suppressPrefixLength: SUPPRESSED_PREFIX,
    },
    { ...common, priority: numbers.priority + 3, table: numbers.table },
  ];
}

// With two lines of the same address the source rule finds the first line only, and strict filtering would drop what
// comes in by the second. `src_valid_mark` would not help: the mark is on what we send, not on what we receive.
function looseFilter(device: string): HostChange {
  return { kind: "setting", name: reversePathSetting(device), value: LOOSE };
}

function socketOf(device: Device, numbers: Numbers, sides: readonly Side[]): UplinkSocket {
  const of = (family: Family) => sides.find((side) => side.family === family);
  const limits = sides.flatMap((side) => (side.hop.mtu === null ? [] : [side.hop.mtu]));
  return {
    device: device.name,
    deviceIndex: device.index,
    mark: numbers.mark,
    address4: of(4)?.address ?? null,
    address6: of(6)?.address ?? null,
    gateway4: of(4)?.hop.gateway ?? null,
    gateway6: of(6)?.hop.gateway ?? null,
    mtu: Math.min(device.mtu, ...limits),
  };
}

function isForeign(route: Route): boolean {
  return route.protocol !== ROUTE_PROTOCOL;
}

function byPreference(a: Route, b: Route): number {
  return Number(b.table === MAIN_TABLE) - Number(a.table === MAIN_TABLE) || a.metric - b.metric;
}

function familyOf(address: string): Family {
  return isIPv6(address) ? 6 : 4;
}

function isWithin(address: string, destination: string): boolean {
  if (destination === "default" || familyOf(address) !== familyOf(destination.split("/")[0] ?? "")) return false;
  const family = familyOf(address);
  const type = family === 6 ? "ipv6" : "ipv4";
  const [network = "", length] = destination.split("/");
  const prefixes = new BlockList();
  prefixes.addSubnet(network, length === undefined ? (family === 6 ? 128 : 32) : Number(length), type);
  return prefixes.check(address, type);
}
