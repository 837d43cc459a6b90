import type { LinkRates } from "../../observe/rates.ts";
import type { LinkFacts, RateStatus, Traffic } from "../../observe/status-snapshot.ts";
import { verdictOn } from "../../protocol/link/link-watch.ts";
import type { MemberLink } from "../../protocol/link/member-link.ts";
import { maximumOf, minimumOf } from "../../protocol/session/told-rates.ts";
import { type BytesPerSecond, type Milliseconds, UNLIMITED } from "../../protocol/units.ts";

/** Describes one link as the core knows it now, but for its addresses. */
export function describeLink(
  link: MemberLink,
  rates: LinkRates,
  now: Milliseconds,
): Omit<LinkFacts, "local" | "remote"> {
  const { state, roundTripTime, estimator, line, use } = link;
  const rate = describeRate(link, now);
  return {
    name: link.name,
    state: state.kind,
    reason: state.reason,
    stateAgeMs: now - state.since,
    rttMs: roundTripTime.smoothed ?? null,
    rttVariationMs: roundTripTime.smoothed === undefined ? null : roundTripTime.variation,
    rttMinimumMs: roundTripTime.minimum ?? null,
    isSilent: link.isSilent,
    lossRatio: link.lossRate.ratio(now) ?? null,
    sendLossRatio: link.sendLoss.share,
    queueMs: estimator.queue.current,
    jitterMs: estimator.queue.variation,
    inFlightBytes: link.sentPackets.inFlightBytes,
    mtu: link.pathMtu.current,
    rate,
    configuredSendRate: rate.configuredBytesPerSecond,
    configuredReceiveRate: rateOrNull(link.receiveRate),
    sent: trafficOf(link.sent),
    received: trafficOf(link.received),
    ...rates,
    use: {
      kind: use.kind,
      reason: use.kind === "used" ? null : use.reason,
      retryMs: use.kind === "benched" ? use.until - now : null,
    },
    priority: line.priority,
    isFallbackOnly: line.isFallbackOnly,
    allowance: link.allowance,
  };
}

/** Packets and bytes without the rest of a counter, so that they can go to another thread. */
export function trafficOf({ packets, bytes }: Traffic): Traffic {
  return { packets, bytes };
}

function describeRate(link: MemberLink, now: Milliseconds): RateStatus {
  const { estimator } = link;
  const { limits } = estimator;
  return {
    foundBytesPerSecond: estimator.capacity,
    paceBytesPerSecond: link.pacer.rate,
    state: estimator.state.kind,
    reason: estimator.reason,
    confidence: estimator.confidence(now),
    configuredBytesPerSecond: rateOrNull(maximumOf(limits)),
    configuredMinimumBytesPerSecond: minimumOf(limits) ?? null,
    configuredIs: verdictOn(link),
  };
}

function rateOrNull(rate: BytesPerSecond): number | null {
  return rate === UNLIMITED ? null : rate;
}
