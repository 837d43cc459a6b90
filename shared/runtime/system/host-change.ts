import * as v from "valibot";

// Names and addresses end up as arguments of ip and nft: nothing that could be read as an option or an expression.
const Device = v.pipe(v.string(), v.regex(/^[^\s/":;{}\\-][^\s/":;{}\\]{0,14}$/));
const Address = v.pipe(v.string(), v.regex(/^[0-9a-fA-F:.]+$/));
const Prefix = v.pipe(v.string(), v.regex(/^([0-9a-fA-F:.]+(\/\d{1,3})?|default)$/));
const Table = v.pipe(v.string(), v.regex(/^\w[\w.-]*$/));
const Natural = v.pipe(v.number(), v.integer(), v.minValue(0));
const Family = v.picklist([4, 6]);

/** An address with its prefix length ("10.44.43.2/24") on a device. */
export const AddressChange = v.object({ kind: v.literal("address"), device: Device, address: Prefix });

/** A route through a device. `isOnLink` says that the gateway needs no route of its own. */
export const RouteChange = v.object({
  kind: v.literal("route"),
  family: Family,
  destination: Prefix,
  device: Device,
  table: Table,
  gateway: v.optional(Address),
  source: v.optional(Address),
  mtu: v.optional(Natural),
  isOnLink: v.optional(v.boolean()),
});

/** A policy rule: packets of a mark or a source look in `table`, or go nowhere when there is none. */
export const RuleChange = v.object({
  kind: v.literal("rule"),
  family: Family,
  priority: Natural,
  mark: v.optional(Natural),
  source: v.optional(Address),
  table: v.optional(Table),
  /** Routes with a prefix of at most this many bits in `table` are passed over. */
  suppressPrefixLength: v.optional(Natural),
});

/** A property of a device: its MTU, its queue's length in packets, how it makes link-local addresses, that it is up. */
export const DeviceChange = v.object({
  kind: v.literal("device"),
  device: Device,
  property: v.picklist(["mtu", "txqueuelen", "addrgenmode", "state"]),
  value: v.pipe(v.string(), v.regex(/^(\d+|[a-z][a-z_0-9]*)$/)),
});

/** A kernel setting: the path below /proc/sys and its value. */
export const SettingChange = v.object({
  kind: v.literal("setting"),
  name: v.pipe(v.string(), v.regex(/^net\/[\w./@-]+$/), v.excludes("..")),
  value: v.pipe(v.string(), v.regex(/^-?\d+$/)),
});

/** An nftables table of the inet family, all of it ours. */
export const FirewallChange = v.object({
  kind: v.literal("firewall"),
  table: v.pipe(v.string(), v.regex(/^hawser_[\w.-]+$/)),
  /** What stands between the braces, in nft's own language. */
  rules: v.string(),
});

/** Name servers for a device, told to systemd-resolved. */
export const ResolverChange = v.object({
  kind: v.literal("resolver"),
  device: Device,
  servers: v.array(Address),
});

/** A file that is replaced while we run and put back afterwards. */
export const FileChange = v.object({ kind: v.literal("file"), path: v.string(), content: v.string() });

export type AddressChange = v.InferOutput<typeof AddressChange>;
export type RouteChange = v.InferOutput<typeof RouteChange>;
export type RuleChange = v.InferOutput<typeof RuleChange>;
export type DeviceChange = v.InferOutput<typeof DeviceChange>;
export type SettingChange = v.InferOutput<typeof SettingChange>;
export type FirewallChange = v.InferOutput<typeof FirewallChange>;
export type ResolverChange = v.InferOutput<typeof ResolverChange>;
export type FileChange = v.InferOutput<typeof FileChange>;

/** One thing that is set up on the host, as plain data: it can be described, journalled, applied and undone. */
export const HostChange = v.variant("kind", [
  AddressChange,
  RouteChange,
  RuleChange,
  DeviceChange,
  SettingChange,
  FirewallChange,
  ResolverChange,
  FileChange,
]);
export type HostChange = v.InferOutput<typeof HostChange>;

/** What a change is about: two changes with the same key replace one another. */
export function keyOf(change: HostChange): string {
  switch (change.kind) {
    case "address":
      return `address ${change.device} ${change.address}`;
    case "route":
      return `route ${change.family} ${change.table} ${change.destination}`;
    case "rule":
      return `rule ${change.family} ${change.priority} ${change.mark ?? ""} ${change.source ?? ""}`;
    case "device":
      return `device ${change.device} ${change.property}`;
    case "setting":
      return `setting ${change.name}`;
    case "firewall":
      return `firewall ${change.table}`;
    case "resolver":
      return `resolver ${change.device}`;
    case "file":
      return `file ${change.path}`;
  }
}
