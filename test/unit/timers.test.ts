import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Timers } from "../../shared/protocol/timers.ts";
import { milliseconds, NEVER } from "../../shared/protocol/units.ts";
import { Random } from "../emulator/random.ts";

describe("Timers", () => {
  it("come up in order of time, each once", () => {
    const timers = scheduled({ a: 30, b: 10, c: 20 });

    assert.deepEqual(takeAll(timers, 25), ["b", "c"]);
    assert.equal(timers.next(), 30);
    assert.deepEqual(takeAll(timers, 30), ["a"]);
    assert.equal(timers.next(), NEVER);
  });

  it("are moved to an earlier time, and not to a later one", () => {
    const timers = scheduled({ a: 30, b: 20 });

    timers.schedule("a", milliseconds(10));
    timers.schedule("b", milliseconds(99));

    assert.deepEqual(takeAll(timers, 20), ["a", "b"]);
  });

  it("are set to a later time too, wherever they stand, or to never", () => {
    const timers = scheduled({ a: 1, b: 2, c: 3, d: 4, e: 5 });

    timers.set("a", milliseconds(9));
    timers.set("c", NEVER);
    timers.set("e", milliseconds(2));
    timers.set("f", milliseconds(6));

    assert.deepEqual(takeAll(timers, 3), ["b", "e"]);
    assert.deepEqual(takeAll(timers, 10), ["d", "f", "a"]);
  });

  it("never come up for never", () => {
    const timers = scheduled({});

    timers.schedule("a", NEVER);

    assert.equal(timers.size, 0);
  });

  it("are forgotten when they are removed, wherever they stand", () => {
    const timers = scheduled({ a: 1, b: 2, c: 3, d: 4, e: 5 });

    for (const item of ["b", "e", "x"]) timers.remove(item);

    assert.deepEqual(takeAll(timers, 10), ["a", "c", "d"]);
  });

  it("keep one entry per item, however often it is moved", () => {
    const timers = scheduled({});

    for (let time = 0; time < 10_000; time++) {
      timers.schedule("a", milliseconds(time + 18_000));
      timers.schedule("a", milliseconds(time));
      timers.takeDue(milliseconds(time));
      timers.schedule("a", milliseconds(time + 18_000));
    }

    assert.equal(timers.size, 1);
  });

  it("agree with a plain list, whatever is done with them", () => {
    const dice = new Random(7);
    const timers = new Timers<number>();
    const plain = new Map<number, number>();
    for (let step = 0; step < 20_000; step++) {
      const item = dice.below(40);
      const at = dice.below(1000);
      if (dice.happens(0.6)) {
        timers.schedule(item, milliseconds(at));
        plain.set(item, Math.min(plain.get(item) ?? Number.POSITIVE_INFINITY, at));
      } else if (dice.happens(0.3)) {
        timers.remove(item);
        plain.delete(item);
      } else {
        const due = timers.takeDue(milliseconds(at / 2));
        const time = due === undefined ? Math.floor(at / 2) + 1 : (plain.get(due) ?? -1);
        assert.ok(
          [...plain.values()].every((other) => other >= time),
          `${due} at ${time}`,
        );
        if (due !== undefined) plain.delete(due);
      }
      assert.equal(timers.next(), Math.min(Number.POSITIVE_INFINITY, ...plain.values()));
    }
  });
});

function scheduled(times: Readonly<Record<string, number>>): Timers<string> {
  const timers = new Timers<string>();
  for (const [item, at] of Object.entries(times)) timers.schedule(item, milliseconds(at));
  return timers;
}

function takeAll(timers: Timers<string>, now: number): string[] {
  const taken: string[] = [];
  for (let item = timers.takeDue(milliseconds(now)); item !== undefined; item = timers.takeDue(milliseconds(now))) {
    taken.push(item);
  }
  return taken;
}
