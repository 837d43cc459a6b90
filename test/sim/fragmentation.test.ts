import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import { bytes, milliseconds, seconds } from "../../shared/protocol/units.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { lineOf } from "./lines.ts";
import { Simulation } from "./simulation.ts";
import { Stream } from "./stream.ts";

const SMALL_LINES = [lineOf(20, 10, { mtu: bytes(1400) }), lineOf(10, 25, { mtu: bytes(1400) })];

describe("Packets above the lines' MTU", () => {
  let crypto: HandshakeCrypto;

  before(async () => {
    crypto = await createHandshakeCrypto();
  });

  for (const direction of ["up", "down"] as const) {
    it(`pass intact over lines of 1400 bytes, whatever their size up to 1500 (${direction})`, () => {
      const simulation = connected(81);
      const stream = new Stream(simulation, { direction });
      let size = 32;

      simulation.run(seconds(8), milliseconds(4), () => {
        if (size <= 1500) stream.send(size++);
      });
      simulation.run(seconds(9));

      stream.checkOrder();
      assert.equal(stream.sent, 1469);
      assert.equal(stream.lost, 0);
    });
  }

  it("pass in a saturating stream, at 94 % of what the lines carry", () => {
    const simulation = connected(82);
    const stream = new Stream(simulation, { direction: "up" });
    simulation.run(seconds(2), milliseconds(1), () => stream.saturate(1500));
    const before = stream.deliveredBytes;

    simulation.run(seconds(6), milliseconds(1), () => stream.saturate(1500));

    stream.checkOrder();
    const share = (stream.deliveredBytes - before) / ((30_000_000 / 8) * 4);
    // 1500 bytes leave in two fragments, each with 57 bytes of headers.
    assert.ok(share > 0.94 * (1500 / 1615), `${share}`);
  });

  it("pass with 64 KiB (RFC 1990 §5.1.1: an MRRU of 65535), also over slow lines", () => {
    const simulation = new Simulation({ lines: [lineOf(10, 10), lineOf(2, 40)], seed: 83, crypto, mrru: 65_535 });
    simulation.connect();
    simulation.run(seconds(2));
    const stream = new Stream(simulation, { direction: "down" });

    simulation.run(seconds(12), milliseconds(100), () => stream.send(65_535));
    simulation.run(seconds(13));

    stream.checkOrder();
    assert.equal(stream.sent, 100);
    assert.equal(stream.lost, 0);
  });

  it("pass with 64 KiB on a line alone that takes longer for one than the shortest wait", () => {
    const simulation = new Simulation({ lines: [lineOf(1, 10)], seed: 84, crypto, mrru: 65_535 });
    simulation.connect();
    simulation.run(seconds(2));
    const stream = new Stream(simulation, { direction: "up" });

    simulation.run(seconds(12), milliseconds(1000), () => stream.send(65_535));
    simulation.run(seconds(14));

    assert.equal(stream.sent, 10);
    assert.equal(stream.lost, 0);
  });

  it("above the peer's MRRU are dropped and counted", () => {
    const simulation = connected(85);
    const stream = new Stream(simulation, { direction: "up" });

    stream.send(1501);
    simulation.run(seconds(3));

    assert.equal(stream.lost, 1);
    assert.equal(simulation.client.tunnel.drops.get("too-big"), 1);
  });

  it("are dropped when no cell is free for them, and others pass", () => {
    const simulation = new Simulation({ lines: SMALL_LINES, seed: 86, crypto, mrru: 65_535, clientCells: 40 });
    simulation.connect();
    const stream = new Stream(simulation, { direction: "up" });

    simulation.run(seconds(5), milliseconds(3), () => {
      stream.send(65_535);
      stream.send(1000);
    });
    simulation.run(seconds(6));

    stream.checkOrder();
    assert.ok(stream.serials.length > 100, `${stream.serials.length} of ${stream.sent}`);
    assert.equal(simulation.client.end.host.freeCells, 40);
  });

  function connected(seed: number): Simulation {
    const simulation = new Simulation({ lines: SMALL_LINES, seed, crypto });
    simulation.connect();
    simulation.run(seconds(2));
    return simulation;
  }
});
