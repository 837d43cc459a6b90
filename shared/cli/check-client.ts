import type { ClientConfig, ClientLinkConfig, QuotaConfig } from "../../client/client-config.ts";
import { isUnspecified, parseIpAddress } from "../config/values/ip-address.ts";
import { formatRate } from "../config/values/rate.ts";
import { formatSize } from "../config/values/size.ts";
import { THROTTLED_RATE } from "../protocol/link/quota.ts";
import { NEVER } from "../protocol/units.ts";
import {
  type CheckReport,
  describeGeneral,
  describeLimits,
  doubtAddress,
  doubtDevice,
  doubtGeneral,
  doubtSecret,
  labelled,
} from "./check-common.ts";
import type { Resolution } from "./resolve-hosts.ts";

const ONLY_ALONE = "only while no other link is up";

type Hosts = ReadonlyMap<string, Resolution>;

/** What a client's file says, with the servers' addresses as they were looked up. */
export function describeClient(config: ClientConfig, hosts: Hosts): CheckReport {
  const servers = config.links.map((link) => describeRemote(link, hosts));
  const lines = [
    `${config.file}: client ${config.name} on interface ${config.interfaceName}`,
    ...describeGeneral(config),
    labelled("addresses", describeAddresses(config)),
    labelled("routes", describeRoutes(config)),
    labelled("dns", describeDns(config)),
    ...describeFilters(config),
    ...config.links.flatMap((link, index) => describeLink(link, servers[index]?.text ?? "")),
  ];
  return { lines, warnings: doubtClient(config), isUsable: servers.every(({ isFound }) => isFound) };
}

function describeAddresses({ ip4, ip6 }: ClientConfig): string {
  const fixed = [ip4, ip6].filter((prefix) => prefix !== undefined).map(({ text }) => text);
  return fixed.length === 0
    ? "from the server"
    : `${fixed.join(", ")}${fixed.length === 1 ? ", the other from the server" : ""}`;
}

function describeRoutes({ defaultRoute, routes }: ClientConfig): string {
  const all = [...(defaultRoute ? ["everything"] : []), ...routes.map(({ text }) => text)];
  return all.length === 0 ? "none" : `${all.join(", ")} through the tunnel`;
}

function describeDns({ dns }: ClientConfig): string {
  if (dns.kind === "list") return dns.servers.map(({ text }) => text).join(", ");
  return dns.kind === "server" ? "as the server tells" : "left alone";
}

function describeLink(link: ClientLinkConfig, server: string): readonly string[] {
  return [
    `link ${link.name}`,
    labelled("leaves by", describeWay(link)),
    labelled("server", server),
    labelled("upload", describeLimits(link.upload)),
    labelled("download", describeLimits(link.download)),
    labelled("mtu", link.mtu === undefined ? "that of the device" : String(link.mtu)),
    ...describeTerms(link),
  ];
}

function describeWay({ bindDevice, bindHost, bindPort, gateway, table, fwmark }: ClientLinkConfig): string {
  const parts = [
    bindDevice === undefined ? undefined : `device ${bindDevice}`,
    bindHost === undefined ? undefined : `address ${bindHost.text}`,
    bindPort === undefined ? undefined : `port ${bindPort}`,
    gateway === undefined ? undefined : `gateway ${gateway.text}`,
    table === undefined ? undefined : `routing table ${table}`,
    fwmark === undefined ? undefined : `mark 0x${fwmark.toString(16)}`,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? "the main routing table" : parts.join(", ");
}

/** What is said of a line beyond the usual. */
function describeTerms({ line, quota }: ClientLinkConfig): readonly string[] {
  const { framing, perPacket, smallest } = line.overhead;
  const least = smallest === 0 ? "" : `, and at least ${smallest} in all`;
  const use = [
    line.priority === 1 ? undefined : `priority ${line.priority}`,
    line.isFallbackOnly ? ONLY_ALONE : undefined,
    line.lossTolerance === 1 ? undefined : `spared above ${Number((line.lossTolerance * 100).toPrecision(6))} % loss`,
    line.latencyTolerance === NEVER ? undefined : `spared above ${line.latencyTolerance} ms`,
  ].filter((part) => part !== undefined);
  return [
    ...(perPacket === 0 && framing === "frames"
      ? []
      : [labelled("overhead", `${perPacket} bytes a packet${least}${framing === "cells" ? ", in ATM cells" : ""}`)]),
    ...(use.length === 0 ? [] : [labelled("use", use.join(", "))]),
    ...(quota === undefined ? [] : [labelled("quota", describeQuota(quota))]),
  ];
}

function describeQuota({ limit, resetDay, action }: QuotaConfig): string {
  const afterwards = { fallback: ONLY_ALONE, off: "off", throttle: `at most ${formatRate(THROTTLED_RATE)}` };
  return `${formatSize(limit)} a month from day ${resetDay}, then ${afterwards[action]}`;
}

function describeFilters({ filters, links }: ClientConfig): readonly string[] {
  return filters.map(({ link, expression }) => {
    const isUsed = links.some(({ name }) => name === link);
    return labelled("filter", `${link}: ${expression}${isUsed ? "" : " (this link is not enabled)"}`);
  });
}

function describeRemote(link: ClientLinkConfig, hosts: Hosts): { readonly text: string; readonly isFound: boolean } {
  const name = `${link.remoteHost} port ${link.remotePort}`;
  const resolution = hosts.get(link.remoteHost);
  if (resolution?.kind !== "found")
    return { text: `${name}: cannot be found: ${resolution?.reason}`, isFound: false };
  const usable = resolution.addresses.filter((address) => isReachableFrom(link, address));
  if (usable.length > 0) return { text: `${name}: ${usable.join(", ")}`, isFound: true };
  return { text: `${name}: has no IPv${link.bindHost?.family} address, as bindhost would need`, isFound: false };
}

function isReachableFrom({ bindHost }: ClientLinkConfig, address: string): boolean {
  if (bindHost === undefined || isUnspecified(bindHost)) return true;
  return parseIpAddress(address)?.family === bindHost.family;
}

function doubtClient(config: ClientConfig): readonly string[] {
  const routesNothing = !config.defaultRoute && config.routes.length === 0;
  return [
    ...doubtSecret(config.secret, "general"),
    ...doubtGeneral(config),
    ...(routesNothing
      ? ["[general] has neither default_route = yes nor routes: only the server itself is reached"]
      : []),
    ...(config.links.every(({ line }) => line.isFallbackOnly) ? ["every link is fallback_only, so none is one"] : []),
    ...config.links.flatMap(doubtLink),
  ];
}

function doubtLink(link: ClientLinkConfig): readonly string[] {
  return [
    ...doubtDevice(link.bindDevice, `[${link.name}] binddev`),
    ...doubtAddress(link.bindHost, `[${link.name}] bindhost`),
  ];
}
