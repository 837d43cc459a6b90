import { hostname } from "node:os";
import { readConfigFile } from "../shared/config/config-file.ts";
import { didYouMean, showWord } from "../shared/config/did-you-mean.ts";
import { type FilterRule, readFilters } from "../shared/config/filters-section.ts";
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
import type { QuotaAction } from "../shared/config/values/link-limits.ts";
import { isLinkName, parseName } from "../shared/config/values/name.ts";
import type { RateLimits } from "../shared/protocol/link/configured-rate.ts";
import type { LineTerms } from "../shared/protocol/session/line-terms.ts";
import { minimumOf } from "../shared/protocol/session/told-rates.ts";
import type { Bytes } from "../shared/protocol/units.ts";
import { CLIENT_GENERAL_KEYS, CLIENT_LINK_KEYS } from "./client-keys.ts";
import { checkClientLinks, type LinkSection } from "./client-links.ts";

/** Which name servers the client uses while the tunnel is up. */
export type DnsChoice =
  | { readonly kind: "none" }
  | { readonly kind: "server" }
  | { readonly kind: "list"; readonly servers: readonly IpAddress[] };

/** One uplink of the client. What is undefined is found by the daemon. */
export type ClientLinkConfig = {
  readonly name: string;
  readonly bindDevice: string | undefined;
  readonly bindHost: IpAddress | undefined;
  readonly bindPort: number | undefined;
  readonly gateway: IpAddress | undefined;
  /** A routing table of the operator's, number or name. */
  readonly table: string | undefined;
  /** A firewall mark of the operator's. */
  readonly fwmark: number | undefined;
  /** A host name or an address. */
  readonly remoteHost: string;
  readonly remotePort: number;
  /** Our sending rate. */
  readonly upload: RateLimits;
  /** The server's sending rate. */
  readonly download: RateLimits;
  /** What else is said of the line; its minimum is that of `download`. */
  readonly line: LineTerms;
  readonly quota: QuotaConfig | undefined;
  /** The line's MTU with the IP header. */
  readonly mtu: number | undefined;
};

/** What a link may carry in a month, both ways together, and what becomes of it when that is used up. */
export type QuotaConfig = {
  readonly limit: Bytes;
  /** The day of the month on which it starts anew, 1 to 31. */
  readonly resetDay: number;
  readonly action: QuotaAction;
};

/** Everything that `hawser client` is told by its file. */
export type ClientConfig = GeneralConfig & {
  readonly role: "client";
  readonly secret: Secret;
  readonly name: string;
  readonly defaultRoute: boolean;
  readonly routes: readonly IpPrefix[];
  readonly dns: DnsChoice;
  readonly ip4: IpPrefix | undefined;
  readonly ip6: IpPrefix | undefined;
  /** The links that are enabled, in the order of the file. */
  readonly links: readonly ClientLinkConfig[];
  /** The lines of [filters] in their order, also those of links that are not enabled. */
  readonly filters: readonly FilterRule[];
};

const SECTIONS_EXPECTED = "expected [general], [filters] or the name of a link, such as [dsl1]";

type General = SectionOf<typeof CLIENT_GENERAL_KEYS>;

/** Reads a client's file. Throws `ConfigError` with all its mistakes. */
export function loadClientConfig(path: string): ClientConfig {
  return readClientConfig(readConfigFile(path));
}

/** Reads a client's configuration from text; `file` is its name in messages. Throws `ConfigError`. */
export function parseClientConfig(text: string, file: string): ClientConfig {
  return readClientConfig(parseIni(text, file));
}

/** Reads a client's configuration from a file that was read already. Throws `ConfigError` with all its mistakes. */
export function readClientConfig(ini: IniFile): ClientConfig {
  const section = findGeneral(ini, "client");
  const general = readSection(ini, section, CLIENT_GENERAL_KEYS);
  const { links, names } = readLinks(ini);
  const filters = readFilters(ini, names);
  if (general === undefined) return ini.problems.raise();
  checkGeneral(ini, section, general);
  const secret = readSecret(ini, section, general);
  if (secret === undefined && general.password_file === undefined) {
    ini.problems.add(
      placeOf(ini, section, "password"),
      "missing: make one with `hawser genkey` and give it to both ends",
    );
  }
  const name = general.name ?? parseName(hostname());
  if (name === undefined) {
    ini.problems.add(placeOf(ini, section, "name"), "missing, and the host name is not fit to be one");
  }
  checkClientLinks(ini, section, links, general);
  ini.problems.throwIfAny();
  if (secret === undefined || name === undefined) return ini.problems.raise();
  return {
    ...generalConfig(ini.file, general),
    ...clientPart(general),
    secret,
    name,
    links: links.map((link) => linkConfig(link, general)),
    filters,
  };
}

function clientPart(general: General) {
  return {
    role: "client" as const,
    defaultRoute: general.default_route,
    routes: general.routes ?? [],
    dns: dnsChoice(general.dns),
    ip4: general.ip4,
    ip6: general.ip6,
  };
}

function dnsChoice(dns: General["dns"]): DnsChoice {
  if (typeof dns === "boolean") return { kind: dns ? "server" : "none" };
  return { kind: "list", servers: dns };
}

function linkConfig({ section, keys }: LinkSection, general: General): ClientLinkConfig {
  return {
    name: section.name,
    bindDevice: keys.binddev,
    bindHost: keys.bindhost,
    bindPort: keys.bindport,
    gateway: keys.gateway,
    table: keys.table,
    fwmark: keys.fwmark,
    remoteHost: keys.remotehost ?? general.remotehost ?? "",
    remotePort: keys.remoteport ?? general.remoteport,
    upload: keys.bandwidth_upload,
    download: keys.bandwidth_download,
    line: {
      downloadMinimum: minimumOf(keys.bandwidth_download),
      overhead: keys.overhead,
      priority: keys.priority,
      isFallbackOnly: keys.fallback_only,
      lossTolerance: keys.loss_tolerance ?? general.loss_tolerance,
      latencyTolerance: keys.latency_tolerance ?? general.latency_tolerance,
    },
    quota:
      keys.quota === undefined
        ? undefined
        : { limit: keys.quota, resetDay: keys.quota_reset, action: keys.quota_action },
    mtu: keys.mtu,
  };
}

/** The links that are enabled, and the names of all. */
function readLinks(ini: IniFile): { readonly links: readonly LinkSection[]; readonly names: readonly string[] } {
  const links: LinkSection[] = [];
  const names: string[] = [];
  for (const section of ini.sections.values()) {
    if (section.name === "general" || section.name === "filters") continue;
    if (!isLinkName(section.name)) {
      refuseSection(ini, section);
      continue;
    }
    names.push(section.name);
    const keys = readSection(ini, section, CLIENT_LINK_KEYS);
    if (keys?.enabled === true) links.push({ section, keys });
  }
  return { links, names };
}

function refuseSection(ini: IniFile, section: IniSection): void {
  const place = { file: ini.file, line: section.line };
  const hint = didYouMean(section.name, ["general", "filters"]) || `: ${SECTIONS_EXPECTED}`;
  ini.problems.add(place, `unknown section ${showWord(section.name)}${hint}`);
}
