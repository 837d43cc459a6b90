import { SystemError } from "../system-error.ts";
import { describeChange, unmake } from "./change-actions.ts";
import { firewallTableName } from "./firewall.ts";
import { type HostChange, keyOf } from "./host-change.ts";
import { ROUTE_PROTOCOL } from "./ip-changes.ts";
import { MAIN_TABLE, type NetworkSnapshot, type Route, type Rule, readNetwork } from "./network-snapshot.ts";
import { runCommand } from "./run-command.ts";

const NOTHING_BEFORE = { value: null, companions: {} };

/**
 * Removes rules and routes that bear our protocol number and that no living daemon's journal claims: what a crash
 * leaves behind when the journal is lost too. Answers what was removed.
 */
export async function sweep(claimed: readonly HostChange[]): Promise<string[]> {
  const removed: string[] = [];
  for (const leftover of leftoversIn(await readNetwork(), claimed)) {
    await unmake(leftover, NOTHING_BEFORE, null);
    removed.push(describeChange(leftover));
  }
  return removed;
}

/** Whether the nftables table of a TUN device is there. */
export async function hasFirewall(interfaceName: string): Promise<boolean> {
  try {
    await runCommand({
      program: "nft",
      arguments: ["list", "table", "inet", firewallTableName(interfaceName)],
    });
    return true;
  } catch (error) {
    // Without nft, or without such a table, there is nothing of ours.
    if (error instanceof SystemError && (error.code === "ENOENT" || error.code === "EXIT")) return false;
    throw error;
  }
}

/** The rules and routes of our protocol number that are not claimed. */
export function leftoversIn(network: NetworkSnapshot, claimed: readonly HostChange[]): HostChange[] {
  const keys = new Set(claimed.map(keyOf));
  const ours: HostChange[] = [
    ...network.rules.filter((rule) => rule.protocol === ROUTE_PROTOCOL).map(ruleChangeOf),
    ...network.routes.filter((route) => route.protocol === ROUTE_PROTOCOL).map(routeChangeOf),
  ];
  return ours.filter((change) => !keys.has(keyOf(change)));
}

/** The change that would make a rule as it is. */
export function ruleChangeOf(rule: Rule): HostChange {
  const { family, priority, source, mark, table, suppressPrefixLength } = rule;
  return {
    kind: "rule",
    family,
    priority,
    ...(source === null ? {} : { source }),
    ...(mark === null ? {} : { mark }),
    ...(table === null ? {} : { table: tableName(table) }),
    ...(suppressPrefixLength === null ? {} : { suppressPrefixLength }),
  };
}

/** The change that would make a route as it is. */
export function routeChangeOf(route: Route): HostChange {
  const { family, destination, device, table, gateway } = route;
  return {
    kind: "route",
    family,
    destination,
    device,
    table: tableName(table),
    ...(gateway === null ? {} : { gateway }),
  };
}

function tableName(table: string): string {
  return table === MAIN_TABLE ? "main" : table;
}
