import { readConfigFile } from "../shared/config/config-file.ts";
import {
  checkGeneral,
  findGeneral,
  type GeneralConfig,
  generalConfig,
  readSecret,
} from "../shared/config/general-config.ts";
import { type IniFile, type IniSection, parseIni } from "../shared/config/ini-file.ts";
import type { SectionOf } from "../shared/config/key.ts";
import { placeOf, readSection } from "../shared/config/read-section.ts";
import type { Secret } from "../shared/config/secret.ts";
import type { IpAddress, IpPrefix } from "../shared/config/values/ip-address.ts";
import { DNS_LIMIT } from "../shared/protocol/session/link-answer.ts";
import type { LinkRates } from "./link-rates.ts";
import { checkServerClients, type ServerClientConfig } from "./server-clients.ts";
import { SERVER_GENERAL_KEYS } from "./server-keys.ts";
import { type ClientSection, type LinkSection, readServerSections } from "./server-sections.ts";

/** Everything that `hawser server` is told by its file. */
export type ServerConfig = GeneralConfig & {
  readonly role: "server";
  /** The secret of the clients that have none of their own. */
  readonly secret: Secret | undefined;
  readonly bindHosts: readonly IpAddress[];
  readonly bindPort: number;
  /** The server's own address in the tunnel; the prefix is the pool. */
  readonly ip4: IpPrefix;
  readonly ip6: IpPrefix | undefined;
  readonly nat: boolean;
  readonly natInterface: string | undefined;
  readonly clientToClient: boolean;
  readonly dns: readonly IpAddress[];
  readonly mssClamp: boolean;
  readonly maxClients: number;
  /** How many threads move packets. */
  readonly workers: number | "auto";
  readonly clients: readonly ServerClientConfig[];
  readonly linkRates: readonly LinkRates[];
};

type General = SectionOf<typeof SERVER_GENERAL_KEYS>;

/** Reads a server's file. Throws `ConfigError` with all its mistakes. */
export function loadServerConfig(path: string): ServerConfig {
  return readServerConfig(readConfigFile(path));
}

/** Reads a server's configuration from text; `file` is its name in messages. Throws `ConfigError`. */
export function parseServerConfig(text: string, file: string): ServerConfig {
  return readServerConfig(parseIni(text, file));
}

/** Reads a server's configuration from a file that was read already. Throws `ConfigError` with all its mistakes. */
export function readServerConfig(ini: IniFile): ServerConfig {
  const section = findGeneral(ini, "server");
  const general = readSection(ini, section, SERVER_GENERAL_KEYS);
  const sections = readServerSections(ini);
  const clients = sections
    .filter((read) => read.kind === "client")
    .map((read) => ({ section: read.section, config: clientConfig(ini, read) }));
  const linkRates = sections.filter((read) => read.kind === "link").map(linkRatesOf);
  if (general === undefined) return ini.problems.raise();
  checkGeneral(ini, section, general);
  const secret = readSecret(ini, section, general);
  checkDns(ini, section, general.dns ?? []);
  checkServerClients(ini, section, clients, { ip4: general.ip4, ip6: general.ip6, secret });
  ini.problems.throwIfAny();
  const configs = clients.map(({ config }) => config);
  return { ...generalConfig(ini.file, general), ...serverPart(general), secret, clients: configs, linkRates };
}

function checkDns(ini: IniFile, section: IniSection, servers: readonly IpAddress[]): void {
  const isTooMany = ([4, 6] as const).some(
    (family) => servers.filter((server) => server.family === family).length > DNS_LIMIT,
  );
  if (isTooMany)
    ini.problems.add(placeOf(ini, section, "dns"), `expected at most ${DNS_LIMIT} of IPv4 and ${DNS_LIMIT} of IPv6`);
}

function serverPart(general: General) {
  return {
    role: "server" as const,
    bindHosts: general.bindhost,
    bindPort: general.bindport,
    ip4: general.ip4,
    ip6: general.ip6,
    nat: general.nat,
    natInterface: general.nat_interface,
    clientToClient: general.client_to_client,
    dns: general.dns ?? [],
    mssClamp: general.mss_clamp,
    maxClients: general.max_clients,
    workers: general.workers,
  };
}

function clientConfig(ini: IniFile, { client, section, keys }: ClientSection): ServerClientConfig {
  return {
    name: client,
    isEnabled: keys.enabled,
    secret: readSecret(ini, section, keys),
    ip4: keys.ip4,
    ip6: keys.ip6,
    routes: keys.routes ?? [],
  };
}

function linkRatesOf({ client, link, keys }: LinkSection): LinkRates {
  return { client, link, download: keys.bandwidth_download, upload: keys.bandwidth_upload };
}
