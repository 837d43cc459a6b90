import type { FirewallChange } from "./host-change.ts";
import type { Command } from "./run-command.ts";

/** What our nftables table of a TUN device does. Nothing in it opens the host: every chain's policy is accept. */
export type FirewallPlan = {
  readonly tunnelDevice: string;
  readonly masquerade: readonly MasqueradeRule[];
  /** Drop what would go from one client to another. */
  readonly isolatesClients: boolean;
  /** Keep TCP segments within the routes' MTU. */
  readonly clampsSegments: boolean;
};

/**
 * Packets that leave by a device, or by any but the TUN device, get that device's address. The kernel forgets masqueraded
 * connections when their device goes: with an address of its own a connection outlives a restart of the daemon.
 */
export type MasqueradeRule = {
  readonly family: 4 | 6;
  readonly towards: { readonly device: string } | "any but the tunnel";
  /** Only packets from these prefixes; all when left out. */
  readonly sources?: readonly string[];
  /** Addresses that need no translation. */
  readonly except?: readonly string[];
  /** The address to give, when it is known; that of the device when left out. */
  readonly address?: string;
};

/** The name of our table for a TUN device. */
export function firewallTableName(tunnelDevice: string): string {
  return `hawser_${tunnelDevice.replaceAll(/[^\w.-]/g, "_")}`;
}

/** The table as a change. */
export function planFirewall(plan: FirewallPlan): FirewallChange {
  const chains = [forwardChain(plan), ...natChain(plan)];
  return { kind: "firewall", table: firewallTableName(plan.tunnelDevice), rules: chains.join("\n") };
}

/**
 * The table of a client. The server takes packets of the client's own address only, so what a LAN sends by a client
 * that is its router gets that address, unless the server has routes to the LAN (`masquerades` false).
 */
export function planClientFirewall(
  tunnelDevice: string,
  addresses: readonly string[],
  masquerades: boolean,
): FirewallChange {
  const towards = { device: tunnelDevice };
  const own = addresses.map((address) => address.split("/")[0] ?? address);
  const masquerade = masquerades
    ? ([4, 6] as const).flatMap((family): MasqueradeRule[] => {
        const ours = own.filter((address) => address.includes(":") === (family === 6));
        const [address] = ours;
        return address === undefined ? [] : [{ family, towards, except: ours, address }];
      })
    : [];
  return planFirewall({ tunnelDevice, masquerade, isolatesClients: false, clampsSegments: true });
}

/** Puts a table in place in one transaction; packets meet the old one or the new one, never none. */
export function firewallCommand(change: FirewallChange): Command {
  const body = change.rules.trimEnd();
  const input = `${emptyAndDelete(change.table)}table inet ${change.table} {\n${body}\n}\n`;
  return { program: "nft", arguments: ["-f", "-"], input };
}

/** Removes a table; one that is gone already is fine. */
export function firewallRemoval(table: string): Command {
  return { program: "nft", arguments: ["-f", "-"], input: emptyAndDelete(table) };
}

// Declaring a table that exists changes nothing, so deleting it afterwards cannot fail: nft 1.0.6 has no `destroy`.
function emptyAndDelete(table: string): string {
  return `table inet ${table}\ndelete table inet ${table}\n`;
}

// `rt mtu` is the smaller of the route's MTU there and the one back, so both directions are right, the value follows
// the TUN device's MTU when that changes, and an option that is small enough already is left alone. Local sockets need
// no clamping: they take their MSS from the route. A `drop` of another table (Docker, ufw) still drops: an accept
// here ends only this table's chain.
function forwardChain(plan: FirewallPlan): string {
  const device = `"${plan.tunnelDevice}"`;
  const clamp = "tcp flags syn / syn,rst tcp option maxseg size set rt mtu";
  const rules = plan.clampsSegments ? [`iifname ${device} ${clamp}`, `oifname ${device} ${clamp}`] : [];
  if (plan.isolatesClients) rules.push(`iifname ${device} oifname ${device} drop`);
  return chain("forward", "type filter hook forward priority mangle; policy accept;", rules);
}

function natChain(plan: FirewallPlan): string[] {
  if (plan.masquerade.length === 0) return [];
  const rules = plan.masquerade.map((rule) => masqueradeRule(rule, plan.tunnelDevice));
  return [chain("postrouting", "type nat hook postrouting priority srcnat; policy accept;", rules)];
}

function masqueradeRule(rule: MasqueradeRule, tunnelDevice: string): string {
  const protocol = rule.family === 4 ? "ip" : "ip6";
  const words = [`meta nfproto ipv${rule.family}`];
  words.push(
    rule.towards === "any but the tunnel" ? `oifname != "${tunnelDevice}"` : `oifname "${rule.towards.device}"`,
  );
  if (rule.sources !== undefined) words.push(`${protocol} saddr { ${rule.sources.join(", ")} }`);
  if (rule.except !== undefined) words.push(`${protocol} saddr != { ${rule.except.join(", ")} }`);
  words.push(rule.address === undefined ? "masquerade" : `snat ${protocol} to ${rule.address}`);
  return words.join(" ");
}

function chain(name: string, type: string, rules: readonly string[]): string {
  return [`  chain ${name} {`, `    ${type}`, ...rules.map((rule) => `    ${rule}`), "  }"].join("\n");
}
