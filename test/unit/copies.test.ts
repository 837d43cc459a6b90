import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CopyBudget } from "../../shared/protocol/recovery/copy-budget.ts";
import { frameLengthOf, isLastTry, nextTry, noteFor } from "../../shared/protocol/recovery/copy-note.ts";
import { Redundancy } from "../../shared/protocol/recovery/redundancy.ts";
import { WaitingCopies } from "../../shared/protocol/recovery/waiting-copies.ts";
import { seconds } from "../../shared/protocol/units.ts";
import { downLink, upLink } from "../support/member-links.ts";

describe("The budget of copies", () => {
  it("has 256 KiB at first, and gets a quarter of what is sent", () => {
    const budget = new CopyBudget();
    assert.ok(budget.take(256 * 1024));
    assert.ok(!budget.take(1));

    budget.onSent(4000);

    assert.ok(!budget.take(1001));
    assert.ok(budget.take(1000));
  });

  it("saves up what the links carry in a quarter of a second", () => {
    const budget = new CopyBudget();
    budget.setRate(8_000_000);

    for (let packet = 0; packet < 100_000; packet++) budget.onSent(1500);

    assert.ok(budget.take(2_000_000));
    assert.ok(!budget.take(1));
  });
});

describe("The note of a frame", () => {
  it("keeps its length through four further tries, of which the last is known", () => {
    for (const length of [6, 1448, 2000]) {
      let note = noteFor(length, true);
      const tries = [note];
      for (let again = 0; again < 4; again++) {
        note = nextTry(note);
        tries.push(note);
      }

      assert.deepEqual(tries.map(isLastTry), [false, false, false, false, true]);
      assert.ok(tries.every((one) => frameLengthOf(one) === length));
    }
  });
});

describe("Copies that wait", () => {
  it("come in their order, also when there are more than ever before", () => {
    const waiting = new WaitingCopies();
    const came: number[] = [];
    let next = 0;

    for (let round = 0; round < 300; round++) {
      waiting.push(next * 2048, next++);
      if (round % 3 !== 0) continue;
      assert.equal(waiting.cell, waiting.note * 2048);
      came.push(waiting.note);
      waiting.shift();
    }
    for (; !waiting.isEmpty; waiting.shift()) came.push(waiting.note);

    assert.equal(waiting.count, 0);
    assert.deepEqual(
      came,
      Array.from({ length: 300 }, (_, index) => index),
    );
  });
});

describe("Redundancy", () => {
  it("is needed while a link that is up loses one packet in 200", () => {
    const redundancy = new Redundancy();
    const [good, lossy, away] = [upLink(), upLink(), downLink()];
    lossy.sendLoss.count(199, 1, seconds(1));
    away.sendLoss.count(1, 1, seconds(1));

    const needed = [[good], [good, lossy], [good, away], [good]].map((links) => {
      redundancy.onFeedback(links);
      return redundancy.isNeeded;
    });

    assert.deepEqual(needed, [false, true, false, false]);
  });
});
