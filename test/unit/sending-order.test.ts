import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SendingOrder } from "../../shared/protocol/bundle/sending-order.ts";

describe("The sending order of a bundle", () => {
  it("counts from 0, each class for itself (RFC 1990 §3, RFC 2686 §4)", () => {
    const order = new SendingOrder();

    const taken = [order.take(0, 0), order.take(0, 1), order.take(5, 0), order.take(0, 0)];

    assert.deepEqual(taken, [0, 1, 0, 2]);
  });

  it("wraps after 2^24 - 1 to 0 (RFC 1990 §3)", () => {
    const order = new SendingOrder();
    takeMany(order, 2 ** 24 - 1);

    assert.deepEqual([order.take(0, 0), order.take(0, 0)], [2 ** 24 - 1, 0]);
  });

  it("calls no link behind before a burst has ended", () => {
    const order = new SendingOrder();
    takeMany(order, 10);

    assert.equal(order.isBehind(0, 1), false);
  });

  it("calls a link behind that a burst has passed by (RFC 1990 §4.1)", () => {
    const order = new SendingOrder();
    takeMany(order, 10);

    const hasMore = order.mark();

    assert.equal(hasMore, true);
    assert.equal(order.isBehind(0, 1), true);
    assert.equal(order.isBehind(0, 0), false);
    assert.equal(order.isBehind(1, 1), false);
  });

  it("calls a link behind no longer once it carried a null fragment", () => {
    const order = new SendingOrder();
    takeMany(order, 10);
    order.mark();

    order.pass(0, 1);

    assert.equal(order.isBehind(0, 1), false);
  });

  it("asks for nothing more when no data came since, null fragments or not", () => {
    const order = new SendingOrder();
    takeMany(order, 10);
    order.mark();
    order.pass(0, 1);

    assert.equal(order.mark(), false);
  });

  it("asks for no null fragment after a fragment that was alone, which keeps nobody waiting", () => {
    const order = new SendingOrder();
    order.take(0, 0);

    order.mark();

    assert.equal(order.isBehind(0, 1), false);
  });

  it("calls a link behind that carried nothing of a class for more than half of all numbers", () => {
    const order = new SendingOrder();
    order.take(0, 1);
    takeMany(order, 2 ** 23 + 1000);

    order.mark();

    assert.equal(order.isBehind(0, 1), true);
  });

  it("takes a new link with a forgotten one's ordinal as one that carried nothing", () => {
    const order = new SendingOrder();
    takeMany(order, 10);
    order.mark();

    order.forget(0);

    assert.equal(order.isBehind(0, 0), true);
  });

  it("starts anew at 0 on a reset", () => {
    const order = new SendingOrder();
    takeMany(order, 10);
    order.mark();

    order.reset();

    assert.equal(order.isBehind(0, 1), false);
    assert.equal(order.take(0, 0), 0);
  });
});

function takeMany(order: SendingOrder, count: number): void {
  for (let taken = 0; taken < count; taken++) order.take(0, 0);
}
