import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { milliseconds } from "../../shared/protocol/units.ts";
import { Goodput } from "../sim/traffic/goodput.ts";

describe("The goodput of a flow", () => {
  it("has every second between two times, also when they are no whole milliseconds", () => {
    const goodput = new Goodput();
    const start = 123.4567890123;
    for (let step = 0; step < 150; step++) goodput.add(10, milliseconds(start + step * 100));

    const from = milliseconds(start + 0.1 + 0.2);
    const perSecond = goodput.perSecond(from, milliseconds(start + 15_000.3));

    assert.deepEqual(
      perSecond,
      Array.from({ length: 15 }, () => 100),
    );
  });
});
