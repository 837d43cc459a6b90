import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ReorderingMargin } from "../../shared/protocol/link/reordering-margin.ts";
import { milliseconds, seconds } from "../../shared/protocol/units.ts";

const NOW = seconds(10);

describe("A reordering margin", () => {
  it("is zero until something came late, follows the latest of that, and fades", () => {
    const margin = new ReorderingMargin();
    margin.onOrdered(NOW);
    const atFirst = margin.packets;
    for (const behind of [3, 8, 2]) margin.onLate(behind, NOW);

    const faded = [0, 9, 10, 20, 30, 40, 50].map((later) => {
      margin.onOrdered(milliseconds(NOW + later * 1000));
      return margin.packets;
    });

    assert.equal(atFirst, 0);
    assert.deepEqual(faded, [8, 8, 4, 2, 1, 0, 0]);
  });
});
