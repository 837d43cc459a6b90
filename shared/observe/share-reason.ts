import { millisecondsText, percentText, rateText } from "./people-text.ts";
import type { LinkFacts } from "./status-snapshot.ts";
import { useText } from "./use-text.ts";

const FULL_PACKET = 1500;
// A round trip that is longer than the empty line's by this is that of a loaded one.
const LOADED_RATIO = 1.5;
const LOADED_MORE_MS = 10;
// Lines whose delays differ by less are as near as each other.
const SAME_DELAY_MS = 3;
const FULL_SHARE = 0.9;

/** Why a link carries the share that it does of what this end sends: "12.0 Mbit/s of room, loaded RTT 310 ms". */
export function sendReason(link: LinkFacts, links: readonly LinkFacts[], scheduler: string): string {
  if (link.state !== "up") return link.reason;
  const { kind, reason, retryMs } = link.use;
  if (kind !== "used") return useText(kind, reason, retryMs);
  const answering = links.filter(({ state, isSilent, use }) => state === "up" && !isSilent && use.kind === "used");
  if (link.isSilent) {
    return answering.length === 0
      ? "silent, as every link is"
      : "silent: it is only tried, the others carry its packets";
  }
  if (answering.length === 1) return `the only link in use, ${roomText(link)}`;
  if (scheduler === "weighted") return `by its weight among ${answering.length} links, ${roomText(link)}`;
  if (scheduler === "redundant") return `every packet goes over every link, ${roomText(link)}`;
  if (scheduler === "failover") return failoverReason(link, answering);
  const [nearest = link] = answering.toSorted((a, b) => a.priority - b.priority || delayOf(a) - delayOf(b));
  if (link === nearest) return `nearest line, ${roomText(link)}`;
  if (link.priority > nearest.priority && link.sendShare === 0) {
    return `not needed: priority ${link.priority}, and ${nearest.name} goes first`;
  }
  const farther = delayOf(link) - delayOf(nearest);
  const distance =
    farther < SAME_DELAY_MS
      ? `as near as ${nearest.name}`
      : `${millisecondsText(farther)} farther than ${nearest.name}`;
  if (link.sendShare > 0) return `${roomText(link)} of room, ${isLoaded(link) ? loadedText(link) : distance}`;
  const isNearestFull = nearest.sendRate >= FULL_SHARE * nearest.rate.foundBytesPerSecond;
  return isNearestFull ? `not in use, ${distance}` : `not needed: ${distance}, which is not full`;
}

function failoverReason(link: LinkFacts, answering: readonly LinkFacts[]): string {
  const [busiest = link] = answering.toSorted((a, b) => b.sendShare - a.sendShare);
  if (busiest.sendShare === 0) return `nothing is sent, ${roomText(link)}`;
  return link === busiest
    ? `the best link, which carries all, ${roomText(link)}`
    : `spare, while ${busiest.name} carries all`;
}

/** What is known here of what arrives on a link; why the other end sends it this way, its own status says. */
export function receiveReason(link: LinkFacts): string {
  if (link.state !== "up") return link.reason;
  if (link.receiveRate === 0) return "nothing arrives";
  const { receiveRate, configuredReceiveRate, lossRatio } = link;
  const limit = configuredReceiveRate === null ? "" : ` of the configured ${rateText(configuredReceiveRate)}`;
  const loss = lossRatio === null ? "" : `, ${percentText(lossRatio, 1)} lost on the way`;
  return `${rateText(receiveRate)}${limit}${loss}`;
}

function roomText({ rate }: LinkFacts): string {
  return rateText(rate.foundBytesPerSecond);
}

function loadedText({ rttMs }: LinkFacts): string {
  return `loaded RTT ${millisecondsText(rttMs ?? 0)}`;
}

function isLoaded({ rttMs, rttMinimumMs }: LinkFacts): boolean {
  return rttMs !== null && rttMinimumMs !== null && rttMs > LOADED_RATIO * rttMinimumMs + LOADED_MORE_MS;
}

/** How long a full packet takes on the link while nothing waits. */
function delayOf({ rttMinimumMs, rttMs, jitterMs, rate }: LinkFacts): number {
  return (rttMinimumMs ?? rttMs ?? 0) / 2 + 2 * jitterMs + (FULL_PACKET * 1000) / rate.foundBytesPerSecond;
}
