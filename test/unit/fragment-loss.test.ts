import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FragmentLoss } from "../../shared/protocol/bundle/fragment-loss.ts";
import { sequenceNumber } from "../../shared/protocol/bundle/sequence-number.ts";
import { milliseconds } from "../../shared/protocol/units.ts";

const NOW = milliseconds(7);

describe("What a link has passed (RFC 1990 §4.1)", () => {
  it("is unknown before anything came on it", () => {
    const loss = new FragmentLoss();

    assert.equal(loss.latest(0, 0), undefined);
  });

  it("is the latest sequence number that came on it", () => {
    const loss = seen([3, 5, 9]);

    assert.equal(loss.latest(0, 0), 9);
    assert.equal(loss.latest(1, 0), undefined);
  });

  it("is an earlier one by the margin of a link that reorders", () => {
    const loss = seen([3, 5, 9]);

    assert.equal(loss.latest(0, 2), 3);
    assert.equal(loss.latest(0, 3), undefined);
  });

  it("does not go back with a fragment that was overtaken, and tells by how many it was", () => {
    const loss = seen([1, 2, 4, 5, 6]);

    const overtaken = loss.onFragment(0, sequenceNumber(3), NOW);

    assert.equal(overtaken, 3);
    assert.equal(loss.latest(0, 0), 6);
  });

  it("goes on across the wrap (RFC 1990 §3)", () => {
    const loss = seen([2 ** 24 - 1]);

    assert.equal(loss.onFragment(0, sequenceNumber(0), NOW), 0);
    assert.equal(loss.latest(0, 0), 0);
  });

  it("starts anew after a link carried nothing of a class for more than half of all numbers", () => {
    const loss = seen([1, 2, 3]);

    const overtaken = loss.onFragment(0, sequenceNumber(2 ** 23 + 100), NOW);

    assert.equal(overtaken, 0);
    assert.equal(loss.latest(0, 0), 2 ** 23 + 100);
    assert.equal(loss.latest(0, 1), undefined);
  });

  it("comes with the time when anything came on it last, in order or not", () => {
    const loss = seen([1, 3]);

    loss.onFragment(0, sequenceNumber(2), milliseconds(9));

    assert.equal(loss.heardAt(0), 9);
    assert.equal(loss.heardAt(1), Number.NEGATIVE_INFINITY);
  });

  it("is forgotten with the link", () => {
    const loss = seen([1, 2, 3]);

    loss.forget(0);

    assert.equal(loss.latest(0, 0), undefined);
  });
});

function seen(sequences: readonly number[]): FragmentLoss {
  const loss = new FragmentLoss();
  for (const sequence of sequences) loss.onFragment(0, sequenceNumber(sequence), NOW);
  return loss;
}
