import * as v from "valibot";
import { SystemError } from "../system-error.ts";
import { type Command, commandLine, runCommand } from "./run-command.ts";

/** IPv4 or IPv6. */
export type Family = 4 | 6;

/** An address of a device as the kernel has it. */
export type DeviceAddress = {
  readonly family: Family;
  readonly address: string;
  readonly prefixLength: number;
  /** The other end of a point-to-point device. */
  readonly peer: string | null;
  readonly isGlobal: boolean;
  /** Whether new packets may use it: not tentative, deprecated or a duplicate. */
  readonly isUsable: boolean;
  readonly isTemporary: boolean;
};

/** A network device as the kernel has it. */
export type Device = {
  readonly name: string;
  /** The kernel's number: a device that was unplugged and plugged in again has another. */
  readonly index: number;
  readonly isUp: boolean;
  readonly hasCarrier: boolean;
  readonly isPointToPoint: boolean;
  readonly mtu: number;
  /** The transmit queue's length in packets. */
  readonly queueLength: number;
  readonly addresses: readonly DeviceAddress[];
};

/** One way of a route; a route over several devices gives one for each. */
export type Route = {
  readonly family: Family;
  readonly destination: string;
  readonly gateway: string | null;
  readonly device: string;
  readonly table: string;
  readonly protocol: string;
  readonly metric: number;
  readonly mtu: number | null;
};

/** A policy rule; `table` is null for one that leads nowhere. */
export type Rule = {
  readonly family: Family;
  readonly priority: number;
  readonly source: string | null;
  readonly mark: number | null;
  readonly table: string | null;
  readonly protocol: string;
  readonly suppressPrefixLength: number | null;
};

/** Everything about the host's network that our decisions depend on, read at one moment. */
export type NetworkSnapshot = {
  readonly devices: readonly Device[];
  readonly routes: readonly Route[];
  readonly rules: readonly Rule[];
};

/** The number of the main routing table, as `ip -N` prints it. */
export const MAIN_TABLE = "254";

const Hop = v.object({
  gateway: v.optional(v.string()),
  via: v.optional(v.object({ host: v.string() })),
  dev: v.optional(v.string()),
});

const RawRoute = v.object({
  ...Hop.entries,
  dst: v.optional(v.string(), ""),
  type: v.optional(v.string(), "1"),
  table: v.optional(v.string(), MAIN_TABLE),
  protocol: v.optional(v.string(), "3"),
  metric: v.optional(v.number(), 0),
  metrics: v.optional(v.array(v.object({ mtu: v.optional(v.number()) })), []),
  nexthops: v.optional(v.array(Hop), []),
});

const RawRule = v.object({
  priority: v.number(),
  src: v.optional(v.string(), "all"),
  fwmark: v.optional(v.string()),
  table: v.optional(v.string()),
  protocol: v.optional(v.string(), "0"),
  suppress_prefixlen: v.optional(v.number()),
});

const RawAddress = v.object({
  family: v.string(),
  local: v.optional(v.string()),
  address: v.optional(v.string()),
  prefixlen: v.optional(v.number(), 0),
  scope: v.optional(v.string(), ""),
  tentative: v.optional(v.boolean(), false),
  dadfailed: v.optional(v.boolean(), false),
  deprecated: v.optional(v.boolean(), false),
  temporary: v.optional(v.boolean(), false),
});

const RawDevice = v.object({
  ifname: v.optional(v.string()),
  ifindex: v.optional(v.number(), 0),
  flags: v.optional(v.array(v.string()), []),
  mtu: v.optional(v.number(), 0),
  txqlen: v.optional(v.number(), 0),
  addr_info: v.optional(v.array(RawAddress), []),
});

const UNICAST = "1";
const GLOBAL_SCOPES = ["0", "global", "site", "200"];

/** Reads devices, addresses, routes of every table and policy rules from the kernel. */
export async function readNetwork(signal?: AbortSignal): Promise<NetworkSnapshot> {
  const run = (...words: string[]) => runCommand(ipJson(...words), signal);
  const [devices, routes4, routes6, rules4, rules6] = await Promise.all([
    run("address", "show"),
    run("-4", "route", "show", "table", "all"),
    run("-6", "route", "show", "table", "all").catch(nothingWithoutIp6),
    run("-4", "rule", "show"),
    run("-6", "rule", "show").catch(nothingWithoutIp6),
  ]);
  return {
    devices: parseDevices(devices),
    routes: [...parseRoutes(routes4, 4), ...parseRoutes(routes6, 6)],
    rules: [...parseRules(rules4, 4), ...parseRules(rules6, 6)],
  };
}

/** Reads the devices and their addresses. */
export async function readDevices(): Promise<Device[]> {
  return parseDevices(await runCommand(ipJson("address", "show")));
}

/** Reads the output of `ip -N -json address show`. */
export function parseDevices(output: string): Device[] {
  return parse(v.array(RawDevice), output, "address show").flatMap((raw) => {
    if (raw.ifname === undefined) return [];
    return {
      name: raw.ifname,
      index: raw.ifindex,
      isUp: raw.flags.includes("UP"),
      hasCarrier: raw.flags.includes("LOWER_UP"),
      isPointToPoint: raw.flags.includes("POINTOPOINT"),
      mtu: raw.mtu,
      queueLength: raw.txqlen,
      addresses: raw.addr_info.flatMap(addressOf),
    };
  });
}

/** Reads the output of `ip -N -json -4 route show table all`: the unicast routes that leave by a device. */
export function parseRoutes(output: string, family: Family): Route[] {
  return parse(v.array(RawRoute), output, "route show").flatMap((raw) => {
    if (raw.dst === "" || (raw.type !== UNICAST && raw.type !== "unicast")) return [];
    const hops = raw.nexthops.length > 0 ? raw.nexthops : [raw];
    return hops.flatMap((hop) => (hop.dev === undefined ? [] : [routeOf(raw, hop, hop.dev, family)]));
  });
}

/** Reads the output of `ip -N -json -4 rule show`. */
export function parseRules(output: string, family: Family): Rule[] {
  return parse(v.array(RawRule), output, "rule show").map((raw) => ({
    family,
    priority: raw.priority,
    source: raw.src === "all" ? null : raw.src,
    mark: raw.fwmark === undefined ? null : Number.parseInt(raw.fwmark, 16),
    table: raw.table ?? null,
    protocol: raw.protocol,
    suppressPrefixLength: raw.suppress_prefixlen ?? null,
  }));
}

function nothingWithoutIp6(error: unknown): string {
  if (error instanceof SystemError && error.code === "EOPNOTSUPP") return "";
  throw error;
}

function ipJson(...words: string[]): Command {
  // -N: numbers instead of the names in /etc/iproute2, which every host may have its own of.
  return { program: "ip", arguments: ["-N", "-json", ...words] };
}

function addressOf(raw: v.InferOutput<typeof RawAddress>): DeviceAddress[] {
  if (raw.local === undefined || (raw.family !== "inet" && raw.family !== "inet6")) return [];
  return [
    {
      family: raw.family === "inet" ? 4 : 6,
      address: raw.local,
      prefixLength: raw.prefixlen,
      peer: raw.address ?? null,
      isGlobal: GLOBAL_SCOPES.includes(raw.scope),
      isUsable: !raw.tentative && !raw.dadfailed && !raw.deprecated,
      isTemporary: raw.temporary,
    },
  ];
}

function routeOf(
  raw: v.InferOutput<typeof RawRoute>,
  hop: v.InferOutput<typeof Hop>,
  device: string,
  family: Family,
): Route {
  return {
    family,
    destination: raw.dst,
    gateway: hop.gateway ?? hop.via?.host ?? null,
    device,
    table: raw.table,
    protocol: raw.protocol,
    metric: raw.metric,
    mtu: raw.metrics.find((metric) => metric.mtu !== undefined)?.mtu ?? null,
  };
}

function parse<Schema extends v.GenericSchema>(schema: Schema, output: string, asked: string): v.InferOutput<Schema> {
  try {
    // iproute2 prints nothing at all for an empty list.
    return v.parse(schema, JSON.parse(output.trim() === "" ? "[]" : output));
  } catch (error) {
    const operation = `read ${commandLine(ipJson(asked))}`;
    throw new SystemError({ code: "EPROTO", operation, hint: "this iproute2 prints an unknown form", cause: error });
  }
}
