import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decisionText } from "../../shared/observe/decision-text.ts";
import type { Decision } from "../../shared/protocol/decisions.ts";

const link = "lte";
const [TWELVE, THIRTY, SIXTY] = [1_500_000, 3_750_000, 7_500_000] as const;
const RATE = { kind: "rate", link, isFirst: false, fromBytesPerSecond: THIRTY, toBytesPerSecond: TWELVE } as const;

const WORDS: readonly (readonly [Decision, string])[] = [
  [
    { kind: "state", link, state: "probing", before: "up", lastedMs: 200_000, reason: "no answer for 0.5 s" },
    "probing, after 3 min 20 s up: no answer for 0.5 s",
  ],
  [
    { kind: "silent", link, unansweredMs: 171.4, unansweredPackets: 48 },
    "silent: nothing was reported for 171 ms; 48 packets under way count as lost",
  ],
  [
    { kind: "use", link, use: "benched", reason: "it loses 21 % of what is sent", retryMs: 30_000 },
    "benched: it loses 21 % of what is sent; tried again in 30.0 s",
  ],
  [
    { kind: "use", link, use: "reserved", reason: "its quota is used up", retryMs: null },
    "reserved: its quota is used up",
  ],
  [{ kind: "use", link, use: "used", reason: null, retryMs: null }, "used"],
  [
    { kind: "silent", link, unansweredMs: 0, unansweredPackets: 0 },
    "silent: nothing was reported; 0 packets under way count as lost",
  ],
  [
    { kind: "answering", link, silentMs: 2340, sentAgainPackets: 51 },
    "answers again after 2.3 s of silence; 51 packets sent again meanwhile",
  ],
  [
    { ...RATE, isFirst: true, rateState: "following", queueMs: 6, lossShare: 0 },
    "carries 12.0 Mbit/s: no more arrived while packets waited, 6.0 ms of queue",
  ],
  [
    { ...RATE, rateState: "following", queueMs: 12.2, lossShare: 0 },
    "carries 12.0 Mbit/s, 30.0 Mbit/s before: no more arrived while packets waited, 12 ms of queue",
  ],
  [
    { ...RATE, toBytesPerSecond: SIXTY, rateState: "draining", queueMs: 4, lossShare: 0 },
    "carries 60.0 Mbit/s, 30.0 Mbit/s before: more arrived when more was sent, with 4.0 ms of queue",
  ],
  [
    { ...RATE, rateState: "policed", queueMs: 0, lossShare: 0.031 },
    "carries 12.0 Mbit/s, 30.0 Mbit/s before: what was sent above that was lost without delay, 3.1 % of all",
  ],
  [
    { ...RATE, toBytesPerSecond: SIXTY, rateState: "at ceiling", queueMs: 0, lossShare: 0 },
    "carries 60.0 Mbit/s, 30.0 Mbit/s before: the configured rate is sent, and it arrives",
  ],
  [
    { ...RATE, toBytesPerSecond: SIXTY, rateState: "rising", queueMs: 0, lossShare: 0 },
    "carries 60.0 Mbit/s, 30.0 Mbit/s before: nothing waits at that, and more is tried",
  ],
  [
    {
      kind: "configured rate",
      link,
      verdict: "too high",
      configuredBytesPerSecond: SIXTY,
      foundBytesPerSecond: THIRTY,
    },
    "configured 60.0 Mbit/s, the line carries 30.0 Mbit/s: too high",
  ],
  [
    {
      kind: "configured rate",
      link,
      verdict: "may be too low",
      configuredBytesPerSecond: TWELVE,
      foundBytesPerSecond: TWELVE,
    },
    "configured 12.0 Mbit/s are sent and nothing waits: may be too low",
  ],
  [
    {
      kind: "configured rate",
      link,
      verdict: "plausible",
      configuredBytesPerSecond: SIXTY,
      foundBytesPerSecond: SIXTY,
    },
    "configured 60.0 Mbit/s, and the line carries 60.0 Mbit/s again",
  ],
  [
    { kind: "bulk begins", link, waitMs: 24, fartherMs: 22 },
    "used for bulk: 24 ms wait, and it is only 22 ms farther",
  ],
  [{ kind: "bulk begins", link, waitMs: 0, fartherMs: 1.2 }, "used for bulk: it is only 1.2 ms farther"],
  [{ kind: "bulk begins", link, waitMs: 0, fartherMs: 0 }, "used for bulk: it is the nearest line"],
  [
    { kind: "bulk ends", link, carriedBytesPerSecond: TWELVE, nearerBytesPerSecond: THIRTY },
    "no longer used for bulk: 12.0 Mbit/s are sent, and the nearer lines have room for 30.0 Mbit/s",
  ],
  [
    { kind: "lead", link, fromMs: 2, toMs: 7 },
    "given 7.0 ms ahead of the clock, 2.0 ms before: this machine lets Hawser run late",
  ],
  [
    { kind: "lead", link, fromMs: 10, toMs: 7 },
    "given 7.0 ms ahead of the clock, 10 ms before: Hawser runs in time again",
  ],
  [{ kind: "mtu", link, fromBytes: 1200, toBytes: 1492 }, "carries packets of 1492 bytes, 1200 before"],
  [{ kind: "path", link }, "the peer's packets come from another address, to which ours go now"],
];

describe("A decision in words", () => {
  for (const [decision, words] of WORDS) {
    it(`says "${words}"`, () => {
      assert.equal(decisionText(decision), words);
    });
  }
});
