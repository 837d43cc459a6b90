import { formatSize } from "../config/values/size.ts";
import { bytes } from "../protocol/units.ts";
import { countText, durationText, groupedText, percentText, printable, rateText, sizeText } from "./people-text.ts";
import type { BundleStatus, LinkStatus, StatusSnapshot, Traffic } from "./status-snapshot.ts";

const LINK_COLUMNS = ["LINK", "STATE", "FOR", "RTT", "LOSS", "SENDING", "SHARE", "RECEIVING", "SHARE"];
const UNKNOWN = "-";

/** The snapshot as an operator reads it on a terminal, in the spirit of `wg show`; ends with a line end. */
export function statusText(snapshot: StatusSnapshot): string {
  const { interfaceName, role, version, uptimeMs, bundles } = snapshot;
  const lines = [`interface ${interfaceName}: ${role}, up ${durationText(uptimeMs)}, hawser ${version}`];
  if (bundles.length === 0) lines.push("", role === "server" ? "no client is connected" : "no bundle yet");
  for (const bundle of bundles) lines.push("", ...bundleLines(bundle));
  if (Object.keys(snapshot.drops).length > 0) lines.push("", `dropped outside any bundle: ${drops(snapshot.drops)}`);
  return `${lines.map(printable).join("\n")}\n`;
}

function bundleLines(bundle: BundleStatus): string[] {
  const { reordering } = bundle;
  const addresses = [bundle.ip4, bundle.ip6].filter((address) => address !== null);
  return [
    `bundle ${bundle.name}`,
    `  address: ${addresses.length > 0 ? addresses.join(", ") : "none yet"}`,
    `  mtu: ${bundle.mtu}, cipher: ${bundle.cipher ?? "none yet"}`,
    `  sent: ${trafficText(bundle.sent)}`,
    `  received: ${trafficText(bundle.received)}`,
    `  queue: ${bundle.queue.packets === 0 ? "empty" : trafficText(bundle.queue)}`,
    `  reordering: ${groupedText(reordering.heldFragments)} held now, ${[
      `${groupedText(reordering.reorderedFragments)} out of order`,
      `${groupedText(reordering.lostFragments)} lost`,
      `${groupedText(reordering.lateFragments)} late`,
      countText(reordering.timeouts, "timeout"),
    ].join(", ")}`,
    `  dropped: ${drops(bundle.drops)}`,
    ...(bundle.links.length === 0 ? ["  no links"] : linkLines(bundle.links)),
  ];
}

function linkLines(links: readonly LinkStatus[]): string[] {
  const [titles = "", ...rows] = table([LINK_COLUMNS, ...links.map(linkRow)]);
  const lines = [`  ${titles}`];
  for (const [index, link] of links.entries()) {
    lines.push(`  ${rows[index] ?? ""}`, `    ${link.reason}`, `    ${linkDetails(link)}`);
  }
  return lines;
}

function linkRow(link: LinkStatus): string[] {
  return [
    link.name,
    link.state,
    durationText(link.stateAgeMs),
    roundTripText(link),
    link.lossRatio === null ? UNKNOWN : percentText(link.lossRatio, 1),
    rateOfLimitText(link.sendRate, link.configuredSendRate),
    percentText(link.sendShare, 0),
    rateOfLimitText(link.receiveRate, link.configuredReceiveRate),
    percentText(link.receiveShare, 0),
  ];
}

function linkDetails(link: LinkStatus): string {
  const ends = `${link.local ?? "any address"} to ${link.remote ?? "an unknown address"}`;
  const traffic = `sent ${sizeText(link.sent.bytes)}, received ${sizeText(link.received.bytes)}`;
  return `${ends}, mtu ${link.mtu}, ${traffic}${quotaText(link)}`;
}

// In the units that quotas are sold in, as the file says it.
function quotaText({ quota }: LinkStatus): string {
  if (quota === undefined) return "";
  return `, ${percentText(quota.used / quota.limit, 1)} of the quota of ${formatSize(bytes(quota.limit))}`;
}

function roundTripText({ rttMs, rttVariationMs }: LinkStatus): string {
  if (rttMs === null) return UNKNOWN;
  return rttVariationMs === null ? `${rttMs.toFixed(1)} ms` : `${rttMs.toFixed(1)} ± ${rttVariationMs.toFixed(1)} ms`;
}

function rateOfLimitText(rate: number, limit: number | null): string {
  return limit === null ? rateText(rate) : `${rateText(rate)} of ${rateText(limit)}`;
}

function trafficText({ packets, bytes }: Traffic): string {
  return `${sizeText(bytes)} in ${countText(packets, "packet")}`;
}

function drops(counts: Readonly<Record<string, number>>): string {
  const reasons = Object.entries(counts).map(([reason, count]) => `${reason} ${groupedText(count)}`);
  return reasons.length === 0 ? "nothing" : reasons.join(", ");
}

/** Rows of cells as lines with aligned columns. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = LINK_COLUMNS.map((_, column) => Math.max(...rows.map((row) => [...(row[column] ?? "")].length)));
  return rows.map((row) => {
    const cells = row.map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - [...cell].length));
    return cells.join("  ").trimEnd();
  });
}
