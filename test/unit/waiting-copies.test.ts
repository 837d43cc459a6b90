import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { MemberLink } from "../../shared/protocol/link/member-link.ts";
import { EarliestArrivalScheduler } from "../../shared/protocol/scheduler/earliest-arrival.ts";
import { megabitsPerSecond, milliseconds, seconds } from "../../shared/protocol/units.ts";
import { upLink } from "../support/member-links.ts";
import { makeSendingEnd } from "../support/sending-end.ts";

const NOW = seconds(10);
const LARGE = 1000;

describe("A copy that waits", () => {
  it("for a near line that is busy does not keep a free one from the rest of the traffic", () => {
    const [lost, near, far] = [lineOf(0, 4, 10_000), lineOf(1, 20, 1), lineOf(2, 60, 10)];
    const { outbound, send, write, frames } = makeSendingEnd([lost, near, far], {
      cells: 256,
      scheduler: new EarliestArrivalScheduler(),
    });
    for (let packet = 0; packet < 2; packet++) send(LARGE);

    lost.handle({ kind: "uplink lost", reason: "test" }, NOW);
    lost.sentPackets.abandon();
    outbound.onFeedback(lost, NOW);
    write();
    outbound.poll(NOW);
    for (let packet = 0; packet < 5; packet++) send(LARGE);
    outbound.poll(milliseconds(NOW + 1));

    const sent = frames().map(({ link, isCopy }) => [link.ordinal, isCopy]);
    assert.equal(outbound.recovery.isEmpty, false);
    assert.deepEqual(sent.slice(0, 4), [
      [lost.ordinal, false],
      [lost.ordinal, false],
      [near.ordinal, true],
      [far.ordinal, false],
    ]);
  });
});

function lineOf(ordinal: number, roundTrip: number, megabits: number): MemberLink {
  const link = upLink({ ordinal, sendRate: megabitsPerSecond(megabits) });
  link.roundTripTime.sample(milliseconds(roundTrip), NOW);
  link.sentPackets.restart(2);
  return link;
}
