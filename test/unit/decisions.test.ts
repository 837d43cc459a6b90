import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Decision, Decisions } from "../../shared/protocol/decisions.ts";
import { milliseconds } from "../../shared/protocol/units.ts";

const BEGINS: Decision = { kind: "bulk begins", link: "lte", waitMs: 24, fartherMs: 22 };
const ENDS: Decision = { kind: "bulk ends", link: "lte", carriedBytesPerSecond: 1, nearerBytesPerSecond: 2 };

describe("The decisions about links", () => {
  it("are remembered with their time, the newest last", () => {
    const decisions = new Decisions();

    decisions.note(path("dsl"), milliseconds(1));
    decisions.note(path("lte"), milliseconds(2));

    assert.deepEqual(
      decisions.records.map(({ decision, at, times }) => [decision.link, at, times]),
      [
        ["dsl", 1, 1],
        ["lte", 2, 1],
      ],
    );
  });

  it("are the last 256", () => {
    const decisions = new Decisions();

    for (let count = 0; count < 300; count++) decisions.note(path(`link${count}`), milliseconds(count));

    assert.equal(decisions.records.length, 256);
    assert.equal(decisions.records[0]?.at, 44);
    assert.equal(decisions.records.at(-1)?.at, 299);
  });

  it("are one entry where they are made to and fro for ten seconds", () => {
    const decisions = new Decisions();

    for (let time = 0; time <= 10_000; time += 100)
      decisions.note(time % 200 === 0 ? BEGINS : ENDS, milliseconds(time));
    decisions.note({ ...BEGINS, link: "dsl" }, milliseconds(10_050));
    decisions.note(BEGINS, milliseconds(10_200));

    assert.deepEqual(
      decisions.records.map(({ decision, at, since, times }) => [decision.kind, decision.link, since, at, times]),
      [
        ["bulk ends", "lte", 100, 9900, 50],
        ["bulk begins", "lte", 0, 10_000, 51],
        ["bulk begins", "dsl", 10_050, 10_050, 1],
        ["bulk begins", "lte", 10_200, 10_200, 1],
      ],
    );
  });

  it("are told at once, repeated ones too", () => {
    const told: Decision[] = [];
    const decisions = new Decisions((decision) => told.push(decision));

    for (const time of [0, 1]) decisions.note(BEGINS, milliseconds(time));

    assert.deepEqual(told, [BEGINS, BEGINS]);
  });
});

function path(link: string): Decision {
  return { kind: "path", link };
}
