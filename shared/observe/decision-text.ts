import type { Decision } from "../protocol/decisions.ts";
import { countText, millisecondsText, percentText, rateText } from "./people-text.ts";
import { useText } from "./use-text.ts";

/** Says what was decided about a link, and by which measured values; without the link's name. */
export function decisionText(decision: Decision): string {
  switch (decision.kind) {
    case "state":
      return `${decision.state}, after ${millisecondsText(decision.lastedMs)} ${decision.before}: ${decision.reason}`;
    case "silent":
      return silenceText(decision);
    case "use":
      return useText(decision.use, decision.reason, decision.retryMs);
    case "answering": {
      const copies = `${countText(decision.sentAgainPackets, "packet")} sent again meanwhile`;
      return `answers again after ${millisecondsText(decision.silentMs)} of silence; ${copies}`;
    }
    case "rate":
      return `${rateChangeText(decision)}: ${rateCauseText(decision)}`;
    case "configured rate":
      return verdictText(decision);
    case "bulk begins":
      return `used for bulk: ${bulkBeginsText(decision)}`;
    case "bulk ends": {
      const [carried, nearer] = [decision.carriedBytesPerSecond, decision.nearerBytesPerSecond].map(rateText);
      return `no longer used for bulk: ${carried} are sent, and the nearer lines have room for ${nearer}`;
    }
    case "lead":
      return leadText(decision);
    case "mtu":
      return `carries packets of ${decision.toBytes} bytes, ${decision.fromBytes} before`;
    case "path":
      return "the peer's packets come from another address, to which ours go now";
  }
}

function silenceText({ unansweredMs, unansweredPackets }: Decision & { readonly kind: "silent" }): string {
  const silence = unansweredMs === 0 ? "" : ` for ${millisecondsText(unansweredMs)}`;
  return `silent: nothing was reported${silence}; ${countText(unansweredPackets, "packet")} under way count as lost`;
}

function rateChangeText({ isFirst, fromBytesPerSecond: from, toBytesPerSecond: to }: RateDecision): string {
  return isFirst ? `carries ${rateText(to)}` : `carries ${rateText(to)}, ${rateText(from)} before`;
}

type RateDecision = Decision & { readonly kind: "rate" };

function rateCauseText({
  rateState,
  queueMs,
  lossShare,
  fromBytesPerSecond,
  toBytesPerSecond,
}: RateDecision): string {
  const isMore = toBytesPerSecond > fromBytesPerSecond;
  switch (rateState) {
    case "following":
    case "draining": {
      const queue = `${millisecondsText(queueMs)} of queue`;
      return isMore
        ? `more arrived when more was sent, with ${queue}`
        : `no more arrived while packets waited, ${queue}`;
    }
    case "checking":
    case "policed":
      return `what was sent above that was lost without delay, ${percentText(lossShare, 1)} of all`;
    case "at ceiling":
      return "the configured rate is sent, and it arrives";
    case "starting":
    case "rising":
      return "nothing waits at that, and more is tried";
  }
}

function leadText({ fromMs, toMs }: Decision & { readonly kind: "lead" }): string {
  const change = `given ${millisecondsText(toMs)} ahead of the clock, ${millisecondsText(fromMs)} before`;
  return toMs > fromMs ? `${change}: this machine lets Hawser run late` : `${change}: Hawser runs in time again`;
}

function verdictText(decision: Decision & { readonly kind: "configured rate" }): string {
  const { verdict, configuredBytesPerSecond, foundBytesPerSecond } = decision;
  const configured = `configured ${rateText(configuredBytesPerSecond)}`;
  if (verdict === "too high") return `${configured}, the line carries ${rateText(foundBytesPerSecond)}: too high`;
  if (verdict === "may be too low") return `${configured} are sent and nothing waits: may be too low`;
  return `${configured}, and the line carries ${rateText(foundBytesPerSecond)} again`;
}

function bulkBeginsText({ waitMs, fartherMs }: Decision & { readonly kind: "bulk begins" }): string {
  if (fartherMs <= 0) return "it is the nearest line";
  const farther = `${millisecondsText(fartherMs)} farther`;
  return waitMs < fartherMs ? `it is only ${farther}` : `${millisecondsText(waitMs)} wait, and it is only ${farther}`;
}
