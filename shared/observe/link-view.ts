import { formatSize } from "../config/values/size.ts";
import { bytes } from "../protocol/units.ts";
import { durationText, millisecondsText, percentText, rateText, sizeText } from "./people-text.ts";
import type { LinkStatus } from "./status-snapshot.ts";
import { useText } from "./use-text.ts";

// A quota is worth a word of its own from here on.
const QUOTA_NEARLY_USED = 0.8;

// Without a full line there is no proof of its rate, which may be right nevertheless.
const LEAST_CONFIDENCE = 0.05;

/** What an operator should know of a link now, a line each. */
export function linkNotes(link: LinkStatus): string[] {
  if (link.state !== "up") return [`${link.reason}, for ${durationText(link.stateAgeMs)}`, ...quotaNotes(link)];
  const doubt = configuredText(link);
  return [
    `sends ${percentText(link.sendShare, 0)}: ${link.sendReason}`,
    ...(link.rate.configuredIs === "plausible" ? [] : [doubt]),
    ...quotaNotes(link),
  ];
}

/** All that is known of a link, a line for each matter. */
export function linkDetails(link: LinkStatus): string[] {
  const { rate } = link;
  return [
    `state: ${link.reason}, for ${durationText(link.stateAgeMs)}`,
    `path: ${link.local ?? "any address"} to ${link.remote ?? "an unknown address"}, mtu ${link.mtu}`,
    `sends ${percentText(link.sendShare, 0)}: ${link.sendReason}`,
    `receives ${percentText(link.receiveShare, 0)}: ${link.receiveReason}`,
    `rate: ${rate.reason}; ${confidenceText(rate.confidence)}`,
    configuredText(link),
    `line: round trip ${roundTripText(link)}`,
    waitingText(link),
    `carried: sent ${sizeText(link.sent.bytes)}, received ${sizeText(link.received.bytes)}`,
    `use: ${termsText(link)}`,
  ];
}

function confidenceText(confidence: number): string {
  return confidence < LEAST_CONFIDENCE ? "not seen full lately" : `${percentText(confidence, 0)} sure`;
}

function configuredText({ rate }: LinkStatus): string {
  const { configuredBytesPerSecond: most, configuredMinimumBytesPerSecond: least, configuredIs } = rate;
  if (most === null) return "configured: no rate, so it is found";
  const range = least === null ? rateText(most) : `${rateText(least)} to ${rateText(most)}`;
  const found = rateText(rate.foundBytesPerSecond);
  if (configuredIs === "too high") return `configured ${range}, the line carries ${found}: too high`;
  if (configuredIs === "may be too low") return `configured ${range}, and nothing waits at that: may be too low`;
  return `configured: ${range}`;
}

function roundTripText({ rttMs, rttVariationMs, rttMinimumMs }: LinkStatus): string {
  if (rttMs === null) return "not known";
  const variation = rttVariationMs === null ? "" : ` ± ${rttVariationMs.toFixed(1)}`;
  const least = rttMinimumMs === null ? "" : `, ${millisecondsText(rttMinimumMs)} at least`;
  return `${rttMs.toFixed(1)}${variation} ms${least}`;
}

function waitingText({ queueMs, jitterMs, inFlightBytes }: LinkStatus): string {
  const underWay = `${sizeText(inFlightBytes)} under way`;
  return `sending: ${millisecondsText(queueMs)} of queue, ${millisecondsText(jitterMs)} of jitter, ${underWay}`;
}

function termsText(link: LinkStatus): string {
  const fallback = link.isFallbackOnly ? [", only while no other is up"] : [];
  const allowance = link.allowance === "full" ? [] : [`, its quota is used up: ${link.allowance}`];
  const { quota } = link;
  const used = quota === undefined ? [] : [`, ${quotaText(quota)}`];
  const { kind, reason, retryMs } = link.use;
  return [`${useText(kind, reason, retryMs)}, priority ${link.priority}`, ...fallback, ...allowance, ...used].join(
    "",
  );
}

function quotaNotes({ quota }: LinkStatus): string[] {
  return quota === undefined || quota.used < QUOTA_NEARLY_USED * quota.limit ? [] : [quotaText(quota)];
}

// In the units that quotas are sold in, as the file says it.
function quotaText({ used, limit }: { readonly used: number; readonly limit: number }): string {
  return `${percentText(used / limit, 1)} of the quota of ${formatSize(bytes(limit))}`;
}
