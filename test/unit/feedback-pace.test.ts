import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FeedbackPace } from "../../shared/protocol/feedback-pace.ts";
import { RoundTripTime } from "../../shared/protocol/link/round-trip-time.ts";
import { SentPackets } from "../../shared/protocol/link/sent-packets.ts";
import { milliseconds } from "../../shared/protocol/units.ts";
import { makeReport } from "../support/quality-reports.ts";
import { recordWatched } from "../support/watched.ts";

describe("The sending side of a bundle", () => {
  it("looks at its links once a second while it has nothing to send", () => {
    const pace = new FeedbackPace();
    const sent = new SentPackets(new RoundTripTime());

    const looks = Array.from({ length: 301 }, (_, step) => pace.isDue(sent, 0, false, milliseconds(step * 10)));

    assert.equal(looks.filter(Boolean).length, 4);
  });

  it("looks at them whenever it was given a packet or something waits", () => {
    const pace = new FeedbackPace();
    const sent = new SentPackets(new RoundTripTime());
    pace.isDue(sent, 7, false, milliseconds(0));

    assert.equal(pace.isDue(sent, 8, false, milliseconds(1)), true);
    assert.equal(pace.isDue(sent, 8, true, milliseconds(2)), true);
    assert.equal(pace.isDue(sent, 8, false, milliseconds(3)), false);
  });

  it("looks at a link of which a report came, or that lost packets without one", () => {
    const pace = new FeedbackPace();
    const sent = new SentPackets(new RoundTripTime());
    sent.restart(1);
    for (const number of [0, 1]) recordWatched(sent, number, 1000, milliseconds(0));
    pace.isDue(sent, 2, false, milliseconds(0));

    sent.acknowledge(makeReport({ session: 1, serial: 0, highest: 0 }), milliseconds(20));
    const afterReport = pace.isDue(sent, 2, false, milliseconds(20));
    sent.abandon();
    const afterLoss = pace.isDue(sent, 2, false, milliseconds(30));

    assert.deepEqual([afterReport, afterLoss], [true, true]);
  });
});
