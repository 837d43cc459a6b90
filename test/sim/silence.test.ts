import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import { milliseconds, seconds } from "../../shared/protocol/units.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { FULL_PACKET, lineOf } from "./lines.ts";
import { Simulation } from "./simulation.ts";
import { Stream } from "./stream.ts";

const CUT_AT = 3000;
const BACK_AT = 6000;

describe("A line that is cut in silence", () => {
  let crypto: HandshakeCrypto;

  before(async () => {
    crypto = await createHandshakeCrypto();
  });

  for (const direction of ["up", "down"] as const) {
    it(`holds a stream up for less than a second, and is used again within 3 s of its return (${direction})`, () => {
      const simulation = new Simulation({ lines: [lineOf(20, 10), lineOf(20, 10)], seed: 21, crypto });
      simulation.connect();
      const stream = new Stream(simulation, { direction });
      const saturate = () => stream.saturate(FULL_PACKET);
      simulation.run(milliseconds(CUT_AT), milliseconds(1), saturate);

      simulation.cut(1);
      simulation.run(milliseconds(BACK_AT), milliseconds(1), saturate);
      simulation.restore(1);
      const carried = carriedBy(stream, 1);
      simulation.run(milliseconds(BACK_AT + 3000), milliseconds(1), saturate);

      stream.checkOrder();
      const gap = stream.longestGap(CUT_AT, BACK_AT);
      assert.ok(gap < 1000, `${gap} ms without a packet`);
      assert.ok(carriedBy(stream, 1) - carried > 1_000_000, "not used again");
    });
  }

  it("is found dead within 700 ms under load, and its packets go over the other one", () => {
    const simulation = new Simulation({ lines: [lineOf(20, 10), lineOf(20, 10)], seed: 22, crypto });
    simulation.connect();
    const stream = new Stream(simulation, { direction: "up" });
    simulation.run(milliseconds(CUT_AT), milliseconds(1), () => stream.send(1000));

    simulation.cut(0);
    simulation.run(milliseconds(BACK_AT), milliseconds(1), () => stream.send(1000));

    const down = simulation.events.find(
      ({ end, at, event }) => end === "client" && at > CUT_AT && event.kind === "link changed",
    );
    assert.ok(down !== undefined && down.at < CUT_AT + 700, `${down?.at}`);
    assert.ok(down.event.kind === "link changed" && /^no answer for/.test(down.event.state.reason));
    const sinceThen = stream.times.filter((at) => at > CUT_AT + 1000).length;
    assert.ok(sinceThen > 1900, `${sinceThen} of 2000 packets`);
  });

  it("that was idle is found dead within three keepalives", () => {
    const simulation = new Simulation({ lines: [lineOf(20, 10), lineOf(20, 10)], seed: 23, crypto });
    simulation.connect();
    simulation.run(milliseconds(CUT_AT));

    simulation.cut(1);
    simulation.run(seconds(3 + 15));

    assert.deepEqual(
      simulation.client.links.map((link) => link.isUp),
      [true, false],
    );
  });

  it("carries on with all lines after all were silent", () => {
    const simulation = new Simulation({ lines: [lineOf(20, 10), lineOf(20, 10)], seed: 24, crypto });
    simulation.connect();
    const streams = [new Stream(simulation, { direction: "up" }), new Stream(simulation, { direction: "down" })];
    const send = () => {
      for (const stream of streams) stream.send(1000);
    };
    simulation.run(milliseconds(CUT_AT), milliseconds(1), send);

    for (const line of [0, 1]) simulation.cut(line);
    simulation.run(seconds(120), milliseconds(1), send);
    for (const line of [0, 1]) simulation.restore(line);
    simulation.run(seconds(130), milliseconds(1), send);

    assert.ok(simulation.isConnected);
    for (const stream of streams) {
      stream.checkOrder();
      const first = stream.times.find((at) => at > 120_000) ?? Number.POSITIVE_INFINITY;
      assert.ok(first < 123_000, `first packet at ${first} ms`);
      assert.ok(stream.times.filter((at) => at > 123_000).length >= 6990);
    }
  });

  it("does not send what waited while no line was there", () => {
    const simulation = new Simulation({ lines: [lineOf(0.5, 10)], seed: 25, crypto });
    simulation.connect();
    const stream = new Stream(simulation, { direction: "up" });
    simulation.run(milliseconds(CUT_AT), milliseconds(1), () => stream.send(1000));

    simulation.cut(0);
    simulation.run(seconds(30));

    assert.equal(simulation.client.tunnel.outbound.queue.count, 0);
    assert.ok(simulation.client.tunnel.drops.get("no-link") > 0);
  });

  it("in one direction only is not used in that direction", () => {
    const simulation = new Simulation({ lines: [lineOf(20, 10), lineOf(20, 10)], seed: 26, crypto });
    simulation.connect();
    const stream = new Stream(simulation, { direction: "up" });
    simulation.run(milliseconds(CUT_AT), milliseconds(1), () => stream.send(1000));

    simulation.ups[0]?.cut(simulation.now);
    simulation.run(milliseconds(BACK_AT), milliseconds(1), () => stream.send(1000));

    const sinceThen = stream.times.filter((at) => at > CUT_AT + 1000).length;
    assert.ok(sinceThen > 1900, `${sinceThen} of 2000 packets`);
  });

  it("again and again leaves the others undisturbed and nothing behind", () => {
    const simulation = new Simulation({ lines: [lineOf(20, 10), lineOf(20, 10), lineOf(20, 10)], seed: 27, crypto });
    simulation.connect();
    const stream = new Stream(simulation, { direction: "down" });
    const free = simulation.server.end.host.freeCells;
    const send = () => stream.send(1000);

    for (let flap = 0; flap < 100; flap++) {
      simulation.cut(1 + (flap % 2));
      simulation.run(milliseconds(simulation.now + 100 + 37 * (flap % 25)), milliseconds(1), send);
      simulation.restore(1 + (flap % 2));
      simulation.run(milliseconds(simulation.now + 50 + 41 * (flap % 17)), milliseconds(1), send);
    }
    simulation.run(milliseconds(simulation.now + 20_000));

    stream.checkOrder();
    assert.ok(stream.longestGap(1000, stream.times.at(-1) ?? 0) < 1000);
    assert.ok(simulation.isConnected);
    assert.equal(simulation.server.end.host.freeCells, free);
    assert.ok(simulation.server.end.keyCount <= 12, `${simulation.server.end.keyCount} keys`);
    assert.ok(simulation.client.end.keyCount <= 12, `${simulation.client.end.keyCount} keys`);
  });
});

/** The bytes that a link carried in the direction of a stream. */
function carriedBy(stream: Stream, ordinal: number): number {
  return stream.tunnel?.links.find((link) => link.ordinal === ordinal)?.sent.bytes ?? 0;
}
