import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import { seconds } from "../../shared/protocol/units.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { CASES } from "./traffic/cases/all-cases.ts";
import { CellRecord } from "./traffic/cases/cell-record.ts";
import { CellWorkers } from "./traffic/cases/cell-workers.ts";
import { measuredCase } from "./traffic/cases/measured-case.ts";
import { chosen, chosenSets, parseSelection, seedsOf } from "./traffic/cases/selection.ts";

describe("A selection of cells", () => {
  it("is read from the command line", () => {
    const selection = parseSelection({ set: "2", control: "bbr", direction: "up", "warm-up": "1.5", seeds: "4" });

    assert.equal(selection.set, 2);
    assert.equal(selection.control, "bbr");
    assert.equal(selection.direction, "up");
    assert.equal(selection.warmUp, seconds(1.5));
    assert.equal(selection.isTraced, false);
    assert.deepEqual(seedsOf(selection, 3), [1, 2, 3, 4]);
  });

  it("is one seed with a trace when it names the seed", () => {
    const selection = parseSelection({ seed: "17" });

    assert.deepEqual(seedsOf(selection, 100), [17]);
    assert.equal(selection.isTraced, true);
  });

  it("names the option that it does not understand", () => {
    assert.throws(() => parseSelection({ control: "vegas" }), /--control vegas/);
    assert.throws(() => parseSelection({ seeds: "many" }), /--seeds many/);
  });

  it("takes all where it says nothing", () => {
    const selection = parseSelection({});

    assert.deepEqual(chosen(["a", "b"], undefined), ["a", "b"]);
    assert.deepEqual(chosen(["a", "b"], "b"), ["b"]);
    assert.deepEqual(chosenSets(["a", "b"], selection), ["a", "b"]);
    assert.deepEqual(chosenSets(["a", "b"], { ...selection, set: 1 }), ["a"]);
  });
});

describe("A cell of a case", () => {
  let crypto: HandshakeCrypto;
  let workers: CellWorkers;

  before(async () => {
    crypto = await createHandshakeCrypto();
    workers = new CellWorkers(2);
  });

  after(async () => {
    await workers.close();
  });

  // Three seeds downwards come first.
  const UPWARDS = 3;
  const selection = parseSelection({ set: "1", control: "cubic", "warm-up": "0.5", duration: "0.5" });

  it("is measured the same in a thread of its own", async () => {
    const here = CASES["1"]?.measure(0, { crypto, selection });

    const [there, other] = await Promise.all([0, UPWARDS].map((index) => workers.runner("1", selection).run(index)));

    assert.deepEqual(there, here);
    assert.notDeepEqual(other, here);
  });

  it("is not measured again where a record has it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "hawser-record-"));
    const file = join(folder, "cells");
    try {
      let count = 0;
      const counted = measuredCase({
        cells: () => [7, 8],
        measure: (cell) => ({ cell, count: ++count }),
        print: () => 0,
      });
      const report = (record: CellRecord): Promise<void> =>
        counted.report({ crypto, selection }, { name: "counted", runner: undefined, record });
      await report(new CellRecord(file));
      appendFileSync(file, '{"key":"half a li');

      const record = new CellRecord(file);
      await report(record);

      assert.equal(count, 2);
      assert.deepEqual(record.find("counted", 8, selection), { cell: 8, count: 2 });
      assert.equal(record.find("counted", 8, { ...selection, duration: seconds(9) }), undefined);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("fails with what went wrong in the thread", async () => {
    await assert.rejects(workers.runner("1", selection).run(1000), /no cell 1000/);
  });
});
