import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LossPatience } from "../../shared/protocol/link/loss-patience.ts";
import { RoundTripTime } from "../../shared/protocol/link/round-trip-time.ts";
import { milliseconds, NEVER, seconds } from "../../shared/protocol/units.ts";

const NOW = seconds(10);

describe("The patience with a link's packets", () => {
  it("ends 9/8 of the larger of the smoothed and the latest round trip after a packet that was overtaken", () => {
    const patience = answered([20, 20, 60]);

    // RFC 6298 §2.3: the smoothed one moves by an eighth.
    assert.equal(patience.overtaken, (60 * 9) / 8);
  });

  it("is 9/8 of a third of a second before a round trip was measured (RFC 9002 §6.2.2)", () => {
    assert.equal(new LossPatience(new RoundTripTime()).overtaken, (333 * 9) / 8);
  });

  it("with a link without reports ends 150 ms after the latest one, on a near line", () => {
    const patience = answered(Array.from({ length: 50 }, () => 10));

    patience.onAnswer(NEVER, NOW);

    assert.equal(patience.unansweredAt(milliseconds(NOW - 5)), NOW + 150);
  });

  it("lasts for a round trip, its variation and the time that a report is held, on a far line", () => {
    const patience = answered([300]);

    // The first measurement's variation is half of it (RFC 6298 §2.2); a report is held for 66 ms, and 20 are slack.
    assert.equal(patience.unansweredAt(NOW), NOW + 300 + 4 * 150 + 66 + 20);
  });

  it("lasts for three gaps between reports where they are rare", () => {
    const patience = answered(Array.from({ length: 50 }, () => 10));
    let now = NOW;
    for (let report = 0; report < 100; report++) {
      const owedSince = milliseconds(now - 5);
      now = milliseconds(now + 100);
      patience.onAnswer(owedSince, now);
    }

    const due = patience.unansweredAt(now) - now;

    assert.ok(Math.abs(due - 300) < 1, `${due} ms`);
  });

  it("is not lengthened by a pause in which nothing was sent", () => {
    const patience = answered(Array.from({ length: 50 }, () => 10));
    patience.onAnswer(NEVER, NOW);

    const after = milliseconds(NOW + 60_000);
    patience.onAnswer(milliseconds(after - 20), after);

    assert.equal(patience.unansweredAt(after), after + 150);
  });

  it("is not lengthened by packets that go astray to the link now and then, each with a report of its own", () => {
    const patience = answered(Array.from({ length: 50 }, () => 10));
    let now = NOW;
    for (let packet = 0; packet < 100; packet++) {
      now = milliseconds(now + 500);
      patience.onAnswer(milliseconds(now - 30), now);
    }

    const sentAt = milliseconds(now + 500);
    const due = patience.unansweredAt(sentAt) - sentAt;

    assert.ok(due < 150, `${due} ms`);
  });

  it("takes a report by another link for an answer when it is one of several, at the time at which it was due on this one", () => {
    const patience = answered([20, 20]);
    patience.onAnswer(NEVER, NOW);
    const [first, second] = [milliseconds(NOW + 60), milliseconds(NOW + 110)];

    const heard = [first, second].map((at) => patience.heardAround(milliseconds(at - 50), at));

    assert.deepEqual(heard, [NEVER, second - 50 + patience.overtaken]);
  });

  it("takes a report by another link for an answer of a silent link when it tells of what was sent a moment ago", () => {
    const patience = answered([20, 20]);
    patience.onSilence();

    const heard = [200, 80].map((age) => patience.heardAround(milliseconds(NOW - age), NOW));

    assert.deepEqual([heard[0], (heard[1] ?? NEVER) <= NOW], [NEVER, true]);
  });

  it("is at an end until the next answer", () => {
    const patience = answered([10]);

    patience.onSilence();
    const wasSilent = patience.isSilent;
    patience.onAnswer(NEVER, NOW);

    assert.deepEqual([wasSilent, patience.isSilent], [true, false]);
  });
});

function answered(roundTrips: readonly number[]): LossPatience {
  const patience = new LossPatience(new RoundTripTime());
  for (const roundTrip of roundTrips) patience.sample(milliseconds(roundTrip), milliseconds(0));
  return patience;
}
