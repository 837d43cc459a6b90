import type { Namespace } from "./namespace.ts";

const COMMANDS: readonly (readonly [string, ...string[]])[] = [
  ["ip", "-4", "rule", "show"],
  ["ip", "-6", "rule", "show"],
  ["ip", "-4", "route", "show", "table", "all"],
  ["ip", "-6", "route", "show", "table", "all"],
  ["ip", "-oneline", "address", "show"],
  ["ip", "tuntap", "show"],
  ["nft", "list", "ruleset"],
  [
    "sysctl",
    "-a",
    "--pattern",
    "^net\\.(ipv4\\.(ip_|tcp_mtu|conf)|ipv6\\.conf|core\\.[rw]mem|netfilter\\.nf_conntrack_max)",
  ],
];

/**
 * All that a daemon may change of a namespace, as text that is equal exactly when nothing has: rules, routes, addresses,
 * devices, nftables and kernel parameters.
 */
export async function hostSnapshot(namespace: Namespace): Promise<string> {
  const parts = await Promise.all(
    COMMANDS.map(
      async ([command, ...args]) => `# ${command} ${args.join(" ")}\n${await namespace.run(command, ...args)}`,
    ),
  );
  return parts.map(withoutCountdowns).join("\n");
}

// Life times count down by themselves; neighbours' and routes' caches come and go.
const withoutCountdowns = (text: string): string => text.replace(/\s(valid_lft|preferred_lft|expires) \S+/g, "");
