import { linkDetails, linkNotes } from "./link-view.ts";
import {
  countText,
  durationText,
  groupedText,
  millisecondsText,
  percentText,
  printable,
  rateText,
  sizeText,
} from "./people-text.ts";
import type { BundleStatus, LinkStatus, StatusSnapshot, Traffic } from "./status-snapshot.ts";

const LINK_COLUMNS = ["LINK", "STATE", "RTT", "SENDING", "SHARE", "LOSS", "RECEIVING", "SHARE", "LOSS"];
const UNKNOWN = "-";
const OTHER_END = "  what is received is shared out by the other end: its status says why";

/** How much is said of each link: what matters now, or all that is known. */
export type StatusDetail = "short" | "verbose";

/** The snapshot as an operator reads it on a terminal, in the spirit of `wg show`; ends with a line end. */
export function statusText(snapshot: StatusSnapshot, detail: StatusDetail = "short"): string {
  const { interfaceName, role, version, uptimeMs, bundles } = snapshot;
  const lines = [`interface ${interfaceName}: ${role}, up ${durationText(uptimeMs)}, hawser ${version}`];
  if (bundles.length === 0) lines.push("", role === "server" ? "no client is connected" : "no bundle yet");
  for (const bundle of bundles) lines.push("", ...bundleLines(bundle, detail));
  if (Object.keys(snapshot.drops).length > 0) lines.push("", `dropped outside any bundle: ${drops(snapshot.drops)}`);
  return `${lines.map(printable).join("\n")}\n`;
}

function bundleLines(bundle: BundleStatus, detail: StatusDetail): string[] {
  const { reordering, recovery } = bundle;
  const addresses = [bundle.ip4, bundle.ip6].filter((address) => address !== null);
  return [
    `bundle ${bundle.name}`,
    `  address: ${addresses.length > 0 ? addresses.join(", ") : "none yet"}`,
    `  mtu: ${bundle.mtu}, cipher: ${bundle.cipher ?? "none yet"}, scheduler: ${bundle.scheduler}`,
    `  sent: ${trafficText(bundle.sent)}`,
    `  received: ${trafficText(bundle.received)}`,
    `  queue: ${queueText(bundle)}`,
    `  recovery: ${[
      `${groupedText(recovery.lost)} lost`,
      `${groupedText(recovery.sentAgain)} sent again (${sizeText(recovery.sentAgainBytes)})`,
      `${groupedText(recovery.givenUp)} given up`,
      `${groupedText(recovery.sentTwice)} sent twice`,
    ].join(", ")}`,
    `  reordering: ${groupedText(reordering.heldFragments)} held now, ${[
      `${groupedText(reordering.reorderedFragments)} out of order`,
      `${groupedText(reordering.lostFragments)} lost`,
      `${groupedText(reordering.repairedFragments)} repaired`,
      `${groupedText(reordering.lateFragments)} late`,
      countText(reordering.timeouts, "timeout"),
    ].join(", ")}`,
    `  dropped: ${drops(bundle.drops)}`,
    ...(bundle.links.length === 0 ? ["  no links"] : linkLines(bundle.links, detail)),
  ];
}

function queueText({ queue }: BundleStatus): string {
  const { oldestMs, dropped, marked, droppedForRoom } = queue;
  const waiting =
    queue.packets === 0 ? "empty" : `${trafficText(queue)}, the oldest for ${millisecondsText(oldestMs)}`;
  return `${waiting}; ${groupedText(dropped + droppedForRoom)} dropped, ${groupedText(marked)} marked so far`;
}

function linkLines(links: readonly LinkStatus[], detail: StatusDetail): string[] {
  const [titles = "", ...rows] = table([LINK_COLUMNS, ...links.map(linkRow)]);
  const lines = [`  ${titles}`];
  for (const [index, link] of links.entries()) {
    const notes = detail === "verbose" ? linkDetails(link) : linkNotes(link);
    lines.push(`  ${rows[index] ?? ""}`, ...notes.map((note) => `    ${note}`));
  }
  if (detail === "verbose") lines.push(OTHER_END);
  return lines;
}

function linkRow(link: LinkStatus): string[] {
  const isUp = link.state === "up";
  return [
    link.name,
    isUp && link.isSilent ? "silent" : link.state,
    link.rttMs === null ? UNKNOWN : millisecondsText(link.rttMs),
    rateText(link.sendRate),
    percentText(link.sendShare, 0),
    isUp ? percentText(link.sendLossRatio, 1) : UNKNOWN,
    rateText(link.receiveRate),
    percentText(link.receiveShare, 0),
    link.lossRatio === null ? UNKNOWN : percentText(link.lossRatio, 1),
  ];
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
