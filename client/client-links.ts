import { isIP } from "node:net";
import type { IniFile, IniSection } from "../shared/config/ini-file.ts";
import type { SectionOf } from "../shared/config/key.ts";
import { placeOf } from "../shared/config/read-section.ts";
import { isUnspecified } from "../shared/config/values/ip-address.ts";
import { isLinkName } from "../shared/config/values/name.ts";
import { LINKS_PER_DAEMON } from "../shared/runtime/system/uplink-plan.ts";
import type { CLIENT_LINK_KEYS } from "./client-keys.ts";

/** A link's section, read but not yet joined with [general]. */
export type LinkSection = { readonly section: IniSection; readonly keys: SectionOf<typeof CLIENT_LINK_KEYS> };

/** Checks what one section alone cannot show: that there are links, where they go, and that each has a way of its own. */
export function checkClientLinks(
  ini: IniFile,
  general: IniSection,
  links: readonly LinkSection[],
  defaults: { readonly remotehost?: string | undefined },
): void {
  const hasLinkSections = [...ini.sections.keys()].some((name) => isLinkName(name));
  if (links.length === 0 && (ini.problems.isEmpty || !hasLinkSections)) {
    const complaint = hasLinkSections
      ? "no link is enabled"
      : "there is no link: add a section for each, such as [dsl1]";
    ini.problems.add({ file: ini.file }, complaint);
  }
  const isRemoteMissing =
    defaults.remotehost === undefined && links.some(({ keys }) => keys.remotehost === undefined);
  if (isRemoteMissing) {
    ini.problems.add(placeOf(ini, general, "remotehost"), "missing: expected the server's host name or IP address");
  }
  const surplus = links[LINKS_PER_DAEMON];
  if (surplus !== undefined) {
    const place = { file: ini.file, line: surplus.section.line, section: surplus.section.name };
    ini.problems.add(place, `expected at most ${LINKS_PER_DAEMON} links`);
  }
  for (const link of links) checkQuota(ini, link);
  for (const link of links) checkFamilies(ini, link, link.keys.remotehost ?? defaults.remotehost);
  checkWays(ini, links);
  checkPorts(ini, links);
}

function checkFamilies(ini: IniFile, { section, keys }: LinkSection, remoteHost: string | undefined): void {
  const { bindhost, gateway } = keys;
  if (bindhost === undefined) return;
  if (gateway !== undefined && gateway.family !== bindhost.family) {
    ini.problems.add(
      placeOf(ini, section, "gateway"),
      `expected an IPv${bindhost.family} address, as bindhost is one`,
    );
  }
  const remoteFamily = isIP(remoteHost ?? "");
  const meansAny = bindhost.family === 6 && isUnspecified(bindhost);
  if (remoteFamily !== 0 && remoteFamily !== bindhost.family && !meansAny) {
    const complaint = `expected an IPv${remoteFamily} address, as remotehost is ${remoteHost}`;
    ini.problems.add(placeOf(ini, section, "bindhost"), complaint);
  }
}

function checkQuota(ini: IniFile, { section, keys }: LinkSection): void {
  if (keys.quota !== undefined) return;
  for (const key of ["quota_reset", "quota_action"]) {
    if (section.entries.has(key))
      ini.problems.add(placeOf(ini, section, key), 'says nothing without a quota = "50 GB"');
  }
}

// Two links over one line would share its rate, each paced to the whole of it.
function checkWays(ini: IniFile, links: readonly LinkSection[]): void {
  const seen = new Map<string, LinkSection>();
  for (const link of links) {
    const way = describeWay(link);
    const earlier = seen.get(way);
    if (earlier === undefined) {
      seen.set(way, link);
      continue;
    }
    const { line, name } = link.section;
    const other = `[${earlier.section.name}] at line ${earlier.section.line}`;
    const complaint = `leaves by the same way as ${other} (${way || "none is given"}): give each link its own binddev or bindhost`;
    ini.problems.add({ file: ini.file, line, section: name }, complaint);
  }
}

function describeWay({ keys }: LinkSection): string {
  const { binddev, bindhost, gateway, table, fwmark } = keys;
  const parts = [
    ["binddev", binddev],
    ["bindhost", bindhost === undefined || isUnspecified(bindhost) ? undefined : bindhost.text],
    ["gateway", gateway?.text],
    ["table", table],
    ["fwmark", fwmark],
  ];
  return parts
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key} ${value}`)
    .join(", ");
}

function checkPorts(ini: IniFile, links: readonly LinkSection[]): void {
  const seen = new Map<string, LinkSection>();
  for (const link of links) {
    const { binddev, bindhost, bindport } = link.keys;
    if (bindport === undefined) continue;
    const socket = `${binddev ?? ""} ${bindhost?.text ?? ""} ${bindport}`;
    const earlier = seen.get(socket);
    seen.set(socket, link);
    if (earlier === undefined) continue;
    const complaint = `[${earlier.section.name}] has the same local port and address: expected another port`;
    ini.problems.add(placeOf(ini, link.section, "bindport"), complaint);
  }
}
