import type { IniFile, IniSection } from "../shared/config/ini-file.ts";
import { placeOf } from "../shared/config/read-section.ts";
import type { Secret } from "../shared/config/secret.ts";
import {
  contains,
  type IpAddress,
  type IpPrefix,
  isSameAddress,
  lastAddressOf,
  networkOf,
  overlaps,
} from "../shared/config/values/ip-address.ts";

/** One client that has a section of its own. */
export type ServerClientConfig = {
  readonly name: string;
  /** A client that is not enabled is refused, whatever secret it has. */
  readonly isEnabled: boolean;
  /** Its own secret; when undefined it is let in by that of [general]. With one of its own it is let in by no other. */
  readonly secret: Secret | undefined;
  readonly ip4: IpAddress | undefined;
  readonly ip6: IpAddress | undefined;
  /** Networks behind the client. */
  readonly routes: readonly IpPrefix[];
};

/** A client that was read, with the section it came from. */
type ReadClient = { readonly section: IniSection; readonly config: ServerClientConfig };

/** What [general] says that concerns the clients. */
type Pool = { readonly ip4: IpPrefix; readonly ip6: IpPrefix | undefined; readonly secret: Secret | undefined };

/** Checks what one section alone cannot show: secrets, addresses and routes of all clients against each other. */
export function checkServerClients(
  ini: IniFile,
  general: IniSection,
  clients: readonly ReadClient[],
  pool: Pool,
): void {
  checkPools(ini, general, pool);
  checkSecrets(ini, general, clients, pool.secret);
  checkAddresses(ini, clients, "ip4", pool.ip4);
  checkAddresses(ini, clients, "ip6", pool.ip6);
  checkRoutes(
    ini,
    clients,
    [pool.ip4, pool.ip6].filter((prefix) => prefix !== undefined),
  );
}

function checkPools(ini: IniFile, general: IniSection, pool: Pool): void {
  for (const [key, prefix] of [
    ["ip4", pool.ip4],
    ["ip6", pool.ip6],
  ] as const) {
    if (prefix === undefined) continue;
    const place = placeOf(ini, general, key);
    if (8 * prefix.address.bytes.length - prefix.length < 2) {
      ini.problems.add(place, "expected a prefix with room for clients, such as 10.44.43.1/24");
    } else if (isReserved(prefix, prefix.address)) {
      ini.problems.add(place, "expected the server's own address, not the network's first or last");
    }
  }
}

function checkSecrets(
  ini: IniFile,
  general: IniSection,
  clients: readonly ReadClient[],
  common: Secret | undefined,
): void {
  const enabled = clients.filter(({ config }) => config.isEnabled);
  const hasCommon = common !== undefined || general.entries.has("password_file");
  if (!hasCommon && enabled.length === 0) {
    const complaint =
      "missing: make one with `hawser genkey`, or give each client its own in a [client NAME] section";
    ini.problems.add(placeOf(ini, general, "password"), complaint);
  }
  const seen: { readonly name: string; readonly secret: Secret }[] = common
    ? [{ name: "general", secret: common }]
    : [];
  for (const { section, config } of enabled) {
    const { secret } = config;
    const isGiven = section.entries.has("password") || section.entries.has("password_file");
    if (secret === undefined) {
      if (!hasCommon && !isGiven)
        ini.problems.add(placeOf(ini, section, "password"), "missing, and [general] has none");
      continue;
    }
    const other = seen.find((earlier) => earlier.secret.equals(secret));
    const key = section.entries.has("password") ? "password" : "password_file";
    if (other !== undefined)
      ini.problems.add(placeOf(ini, section, key), `[${other.name}] has the same secret: ${adviceFor(other.name)}`);
    seen.push({ name: section.name, secret });
  }
}

function adviceFor(other: string): string {
  return other === "general" ? "leave it out here, or make another" : "each client needs its own";
}

function checkAddresses(
  ini: IniFile,
  clients: readonly ReadClient[],
  key: "ip4" | "ip6",
  pool: IpPrefix | undefined,
): void {
  const seen = new Map<string, string>();
  for (const { section, config } of clients) {
    const address = config[key];
    if (address === undefined) continue;
    const complaint = complainOfAddress(address, key, pool, seen.get(address.text));
    if (complaint !== undefined) ini.problems.add(placeOf(ini, section, key), complaint);
    seen.set(address.text, section.name);
  }
}

function complainOfAddress(address: IpAddress, key: string, pool: IpPrefix | undefined, holder: string | undefined) {
  if (pool === undefined) return `the server has no ${key} in [general]`;
  if (!contains(pool, address)) return `expected an address of the pool ${networkOf(pool).text}/${pool.length}`;
  if (isSameAddress(pool.address, address)) return "this is the server's own address";
  if (isReserved(pool, address)) return "expected a client's address, not the network's first or last";
  return holder === undefined ? undefined : `[${holder}] has the same address`;
}

// RFC 4291 §2.6.1: the first address of an IPv6 subnet is that of its routers; there is no broadcast address.
function isReserved(pool: IpPrefix, address: IpAddress): boolean {
  if (isSameAddress(networkOf(pool), address)) return true;
  return pool.address.family === 4 && isSameAddress(lastAddressOf(pool), address);
}

function checkRoutes(ini: IniFile, clients: readonly ReadClient[], pools: readonly IpPrefix[]): void {
  const seen: { readonly owner: string; readonly route: IpPrefix }[] = [];
  for (const { section, config } of clients) {
    for (const route of config.routes) {
      const place = placeOf(ini, section, "routes");
      const other = seen.find((earlier) => earlier.owner !== section.name && overlaps(earlier.route, route));
      if (other !== undefined)
        ini.problems.add(place, `${route.text} overlaps ${other.route.text} of [${other.owner}]`);
      const pool = pools.find((candidate) => overlaps(candidate, route));
      if (pool !== undefined)
        ini.problems.add(place, `${route.text} overlaps the pool ${networkOf(pool).text}/${pool.length}`);
      seen.push({ owner: section.name, route });
    }
  }
}
