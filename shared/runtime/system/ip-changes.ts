import type { AddressChange, DeviceChange, RouteChange, RuleChange } from "./host-change.ts";
import type { Command } from "./run-command.ts";

/** The routing protocol number of all our routes and rules, by which leftovers are known (`ip route show proto 72`). */
export const ROUTE_PROTOCOL = "72";

/** What `ip` can set up: everything that rtnetlink knows. */
export type IpChange = AddressChange | DeviceChange | RouteChange | RuleChange;

/** The command that makes a change. */
export function makingCommand(change: IpChange): Command {
  switch (change.kind) {
    case "address":
      return ip(familyOption(change.address), "address", "add", change.address, ...addressOptions(change));
    case "route":
      return ip(`-${change.family}`, "route", "add", ...routeWords(change), ...routeOptions(change));
    case "rule":
      return ip(`-${change.family}`, "rule", "add", ...ruleWords(change), "protocol", ROUTE_PROTOCOL);
    case "device":
      return settingCommand(change, change.value);
  }
}

/** The command that takes a change back; `previous` is the value that a device's property had before. */
export function unmakingCommand(change: IpChange, previous: string | null): Command | null {
  switch (change.kind) {
    case "address":
      return ip(familyOption(change.address), "address", "del", change.address, "dev", change.device);
    case "route":
      return ip(`-${change.family}`, "route", "del", ...routeWords(change));
    case "rule":
      return ip(`-${change.family}`, "rule", "del", ...ruleWords(change), "protocol", ROUTE_PROTOCOL);
    case "device":
      return previous === null ? null : settingCommand(change, previous);
  }
}

function ip(...words: string[]): Command {
  return { program: "ip", arguments: words };
}

function addressOptions(change: AddressChange): string[] {
  // Duplicate address detection would keep an IPv6 address unusable for a second; on a TUN nobody can answer it.
  return change.address.includes(":") ? ["dev", change.device, "nodad"] : ["dev", change.device];
}

function routeWords(change: RouteChange): string[] {
  const words = [change.destination];
  if (change.gateway !== undefined) {
    const sameFamily = change.gateway.includes(":") === (change.family === 6);
    words.push("via", ...(sameFamily ? [] : ["inet6"]), change.gateway);
  }
  words.push("dev", change.device, "table", change.table, "proto", ROUTE_PROTOCOL);
  return words;
}

function routeOptions(change: RouteChange): string[] {
  const words: string[] = [];
  if (change.source !== undefined) words.push("src", change.source);
  if (change.gateway === undefined && change.family === 4) words.push("scope", "link");
  if (change.mtu !== undefined) words.push("mtu", String(change.mtu));
  if (change.isOnLink === true) words.push("onlink");
  return words;
}

function ruleWords(change: RuleChange): string[] {
  const words = ["priority", String(change.priority)];
  if (change.source !== undefined) words.push("from", change.source);
  if (change.mark !== undefined) words.push("fwmark", `0x${change.mark.toString(16)}`);
  if (change.table === undefined) words.push("unreachable");
  else words.push("lookup", change.table);
  if (change.suppressPrefixLength !== undefined) {
    words.push("suppress_prefixlength", String(change.suppressPrefixLength));
  }
  return words;
}

function settingCommand(change: DeviceChange, value: string): Command {
  const words = change.property === "state" ? [value] : [change.property, value];
  return ip("link", "set", "dev", change.device, ...words);
}

function familyOption(address: string): string {
  return address.includes(":") ? "-6" : "-4";
}
