import type { LinkRates } from "../../server/link-rates.ts";
import type { ServerClientConfig } from "../../server/server-clients.ts";
import type { ServerConfig } from "../../server/server-config.ts";
import { networkOf } from "../config/values/ip-address.ts";
import type { RateLimits } from "../protocol/link/configured-rate.ts";
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

/** What a server's file says. */
export function describeServer(config: ServerConfig): CheckReport {
  const lines = [
    `${config.file}: server on interface ${config.interfaceName}`,
    labelled("listens on", `${config.bindHosts.map(({ text }) => text).join(", ")} port ${config.bindPort}`),
    ...describeGeneral(config),
    labelled("addresses", describePools(config)),
    labelled("internet", describeInternet(config)),
    labelled("clients", describeAdmission(config)),
    ...config.clients.flatMap((client) => describeClient(client)),
    ...config.linkRates.flatMap(describeRates),
  ];
  return { lines, warnings: doubtServer(config), isUsable: true };
}

function describePools({ ip4, ip6 }: ServerConfig): string {
  const pools = [ip4, ip6].filter((prefix) => prefix !== undefined);
  return pools.map((pool) => `${pool.address.text}, clients from ${networkOf(pool).text}/${pool.length}`).join("; ");
}

function describeInternet({ nat, natInterface, dns, mssClamp }: ServerConfig): string {
  const way = nat ? `NAT by ${natInterface ?? "whatever interface packets leave by"}` : "no NAT";
  const servers = dns.length === 0 ? "" : `, name servers ${dns.map(({ text }) => text).join(", ")}`;
  return `${way}${mssClamp ? ", TCP segments kept within the MTU" : ""}${servers}`;
}

function describeAdmission({ secret, clients, clientToClient, maxClients }: ServerConfig): string {
  const who = secret === undefined ? "only those with a section" : "whoever has the secret of [general]";
  const count = clients.length === 1 ? "1 has a section" : `${clients.length} have a section`;
  return `${who}, ${count}, at most ${maxClients} at a time, ${clientToClient ? "" : "not "}reaching each other`;
}

function describeClient({ name, isEnabled, secret, ip4, ip6, routes }: ServerClientConfig): readonly string[] {
  const fixed = [ip4, ip6].filter((address) => address !== undefined).map(({ text }) => text);
  return [
    `client ${name}${isEnabled ? "" : ": not let in"}`,
    labelled("secret", secret === undefined ? "that of [general]" : "its own"),
    labelled("addresses", fixed.length === 0 ? "from the pool" : fixed.join(", ")),
    ...(routes.length === 0 ? [] : [labelled("routes", routes.map(({ text }) => text).join(", "))]),
  ];
}

function describeRates({ client, link, download, upload }: LinkRates): readonly string[] {
  return [
    `link ${link} of ${client ?? "every client"}`,
    labelled("download", describeOwnLimits(download)),
    labelled("upload", describeOwnLimits(upload)),
  ];
}

function describeOwnLimits(limits: RateLimits | undefined): string {
  if (limits === undefined || limits.kind === "auto") return "as the client says";
  return `${describeLimits(limits)}, or less if the client says so`;
}

function doubtServer(config: ServerConfig): readonly string[] {
  return [
    ...doubtSecret(config.secret, "general"),
    ...config.clients.flatMap((client) => doubtSecret(client.secret, `client ${client.name}`)),
    ...doubtGeneral(config),
    ...doubtDevice(config.natInterface, "[general] nat_interface"),
    ...config.bindHosts.flatMap((address) => doubtAddress(address, "[general] bindhost")),
  ];
}
