import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FeedbackPace } from "../../shared/protocol/feedback-pace.ts";
import { RoundTripTime } from "../../shared/protocol/link/round-trip-time.ts";
import { SentPackets } from "../../shared/protocol/link/sent-packets.ts";
import { milliseconds, seconds } from "../../shared/protocol/units.ts";
import { makeReport } from "../support/quality-reports.ts";
import { recordWatched } from "../support/watched.ts";

describe("The sending side of a bundle", () => {
  it("looks at its links every ten seconds once it had nothing to send for as long", () => {
    const pace = new FeedbackPace();
    const sent = new SentPackets(new RoundTripTime());

    const looks = Array.from({ length: 401 }, (_, step) => pace.isDue(sent, 0, false, milliseconds(step * 100)));

    assert.deepEqual([looks.slice(0, 100).every(Boolean), looks.slice(100).filter(Boolean).length], [true, 3]);
  });

  it("looks at them whenever it is asked while it sends or something waits, and for ten seconds after that", () => {
    const pace = new FeedbackPace();
    const sent = new SentPackets(new RoundTripTime());
    const isDue = (packets: number, isWaiting: boolean, at: number): boolean =>
      pace.isDue(sent, packets, isWaiting, seconds(at));

    assert.deepEqual([isDue(7, false, 0), isDue(8, false, 1), isDue(8, true, 5), isDue(8, false, 14)], yes(4));
    assert.equal(isDue(8, false, 15), false);
    assert.equal(isDue(9, false, 15), true);
  });

  it("looks at a link on which something is under way, was reported, or was lost", () => {
    const pace = new FeedbackPace();
    const sent = new SentPackets(new RoundTripTime());
    const isDue = (at: number): boolean => pace.isDue(sent, 0, false, seconds(at));
    sent.restart(1);
    isDue(0);
    isDue(10);
    const atRest = isDue(11);

    for (const number of [0, 1]) recordWatched(sent, number, 1000, seconds(12));
    const underWay = isDue(12);
    sent.acknowledge(makeReport({ session: 1, serial: 0, highest: 0 }), seconds(13));
    const afterReport = isDue(13);
    sent.abandon();
    const afterLoss = isDue(14);

    assert.equal(atRest, false);
    assert.deepEqual([underWay, afterReport, afterLoss], yes(3));
  });
});

const yes = (count: number): boolean[] => new Array<boolean>(count).fill(true);
