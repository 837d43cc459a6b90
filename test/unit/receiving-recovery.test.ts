import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { COPY } from "../../shared/protocol/bundle/fragment.ts";
import { milliseconds } from "../../shared/protocol/units.ts";
import { delivered, loseOne, newEnd, receive, withoutCopies } from "../support/receiving-steps.ts";

describe("A fragment that is lost on its link", () => {
  it("is waited for until its copy comes", () => {
    const end = newEnd();
    loseOne(end);

    end.now = milliseconds(30);
    receive(end, 0, 2, 0, COPY);

    assert.deepEqual(delivered(end), [0, 1, 2, 3, 4]);
    assert.deepEqual([end.order.counters.repaired, end.order.counters.lost], [1, 0]);
  });

  it("is given up after as long as copies take, from when M passed it (RFC 1990 §4.1)", () => {
    const end = newEnd(2, 400);
    receive(end, 0, 0);
    receive(end, 1, 1);
    receive(end, 0, 3);
    end.now = milliseconds(40);
    receive(end, 1, 4);

    const deadline = end.order.nextTimeout();
    end.now = deadline;
    end.finish();

    // 150 ms of a round trip that was not measured, and 50 ms for the report.
    assert.equal(deadline, 240);
    assert.deepEqual(delivered(end), [0, 1, 3, 4]);
  });

  it("keeps what follows on it waiting for no longer than the operator wants", () => {
    const end = newEnd(2, 400);
    receive(end, 0, 0);
    receive(end, 1, 1);
    receive(end, 0, 3);
    end.now = milliseconds(390);

    receive(end, 1, 4);

    assert.equal(end.order.nextTimeout(), 400);
  });

  it("is waited for until the peer has found a silent link that holds M", () => {
    const end = newEnd(2, 400);
    for (const { roundTripTime } of end.links) {
      for (let sample = 0; sample < 200; sample++) roundTripTime.sample(milliseconds(40), milliseconds(sample));
    }
    for (const sequence of [1, 2]) receive(end, 0, sequence);
    const deadline = end.order.nextTimeout();

    end.now = milliseconds(deadline - 1);
    receive(end, 0, 0, 0, COPY);

    // The least skew, 150 ms until the link is called silent, a round trip, and 50 ms for the report.
    assert.ok(Math.abs(deadline - (20 + 150 + 40 + 50)) < 1e-6, `${deadline}`);
    assert.deepEqual(delivered(end), [0, 1, 2]);
  });

  it("is waited for as long as the link that holds M still brings what is older", () => {
    const end = newEnd(2, 1000);
    receive(end, 0, 0);
    receive(end, 1, 1);
    for (const sequence of [4, 5, 6]) receive(end, 0, sequence);
    const silent = end.order.nextTimeout();

    end.now = milliseconds(100);
    receive(end, 1, 2);
    const holding = end.order.nextTimeout();
    const { skew } = end.order.waits;
    end.now = milliseconds(holding - 1);
    receive(end, 1, 3);

    // From then on a skew, and 150 ms of silence, as long a round trip that was not measured and 50 ms for the report.
    assert.equal(silent, 200 + 350);
    assert.equal(holding, 100 + skew + 350);
    assert.deepEqual(delivered(end), [0, 1, 2, 3, 4, 5, 6]);
  });

  it("is not waited for when the peer sends nothing again", () => {
    const end = withoutCopies(newEnd());

    loseOne(end);

    assert.deepEqual(delivered(end), [0, 1, 3, 4]);
  });

  it("is waited for again once copies came, be it too late", () => {
    const end = withoutCopies(newEnd());
    for (const first of [0, 5, 10]) {
      loseOne(end, 8, first);
      receive(end, 0, first + 2, 8, COPY);
    }
    end.delivered.length = 0;

    loseOne(end);
    receive(end, 0, 2, 0, COPY);

    assert.deepEqual(delivered(end), [0, 1, 2, 3, 4]);
  });
});

describe("A copy of a fragment", () => {
  it("says nothing of the order on its link", () => {
    const end = newEnd(1);
    for (const sequence of [0, 2, 3]) receive(end, 0, sequence);

    receive(end, 0, 1, 0, COPY);

    assert.equal(end.links[0]?.reorderingMargin.packets, 0);
  });

  it("does not move M on (RFC 1990 §4.1)", () => {
    const end = withoutCopies(newEnd());
    receive(end, 0, 0);
    receive(end, 1, 1);
    receive(end, 0, 3);

    receive(end, 1, 4, 0, COPY);

    assert.deepEqual(delivered(end), [0, 1]);
    assert.ok(end.order.nextTimeout() > end.now);
  });

  it("is dropped as a duplicate when the fragment came after all, and the fragment when it came before", () => {
    const end = newEnd();
    for (const [sequence, flags] of [
      [0, 0],
      [0, COPY],
      [2, COPY],
      [2, 0],
      [1, COPY],
      [1, 0],
    ] as const) {
      receive(end, 0, sequence, 0, flags);
    }

    assert.deepEqual(delivered(end), [0, 1, 2]);
    assert.deepEqual([end.order.counters.duplicate, end.order.counters.late], [3, 0]);
  });
});

describe("The wait for a silent link", () => {
  it("follows how long others had to wait until a fragment came", () => {
    const end = withoutCopies(newEnd(2, 400));
    for (let packet = 0; packet < 60; packet++) {
      receive(end, 0, 2 * packet + 1);
      end.now = milliseconds(end.now + 60);
      receive(end, 1, 2 * packet);
      end.now = milliseconds(end.now + 940);
    }

    const before = end.now;
    receive(end, 0, 200);

    assert.equal(end.order.nextTimeout() - before, 1.25 * 60 + 15);
  });

  it("learns from a fragment that came just too late", () => {
    const end = newEnd(2, 400);
    withoutCopies(end);
    const start = end.now;
    receive(end, 0, 1);
    end.now = end.order.nextTimeout();
    end.finish();
    end.now = milliseconds(end.now + 50);

    receive(end, 1, 0);

    assert.equal(end.now - start, 250);
    assert.equal(end.order.waits.skew, 1.25 * 250 + 15);
    assert.equal(end.order.counters.late, 1);
  });
});
