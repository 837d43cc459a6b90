import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import { milliseconds, seconds } from "../../shared/protocol/units.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { FULL_PACKET, lineOf } from "./lines.ts";
import { Simulation } from "./simulation.ts";
import { stateOf } from "./state.ts";
import { Stream } from "./stream.ts";

const LINES = [lineOf(20, 10), lineOf(20, 10)];

describe("A replayed datagram", () => {
  let crypto: HandshakeCrypto;

  before(async () => {
    crypto = await createHandshakeCrypto();
  });

  it("changes nothing but a counter, whichever of the last seconds it is", () => {
    const simulation = new Simulation({ lines: LINES, seed: 51, crypto });
    simulation.recorded = [];
    simulation.connect();
    const streams = [new Stream(simulation, { direction: "up" }), new Stream(simulation, { direction: "down" })];
    const send = () => {
      for (const stream of streams) stream.send(FULL_PACKET);
    };
    simulation.run(seconds(3), milliseconds(1), send);
    simulation.run(seconds(4));
    const recorded = simulation.recorded;
    simulation.recorded = undefined;
    const before = stateOf(simulation);
    const delivered = streams.map(({ serials }) => serials.length);

    for (const { datagram, line, isUp } of recorded) {
      if (datagram.bytes[0] !== 1) simulation.inject(datagram, line, isUp);
    }

    assert.ok(recorded.length > 5000);
    assert.deepEqual(stateOf(simulation), before);
    assert.deepEqual(
      streams.map(({ serials }) => serials.length),
      delivered,
    );
    simulation.run(seconds(7), milliseconds(1), send);
    simulation.run(seconds(8));
    for (const stream of streams) {
      stream.checkOrder();
      assert.equal(stream.lost, 0);
    }
  });

  it("that is an old initiation does not disturb the running session", () => {
    const simulation = new Simulation({ lines: LINES, seed: 52, crypto });
    simulation.recorded = [];
    simulation.connect();
    simulation.run(seconds(250));
    const initiations = simulation.recorded.filter(({ datagram }) => datagram.bytes[0] === 1);
    const stream = new Stream(simulation, { direction: "down" });
    const keys = simulation.server.end.keyCount;

    for (let round = 0; round < 20; round++) {
      for (const { datagram, line } of initiations) simulation.inject(datagram, line, true);
      simulation.run(milliseconds(simulation.now + 100), milliseconds(1), () => stream.send(1000));
    }
    simulation.run(milliseconds(simulation.now + 7000));

    assert.ok(initiations.length >= 4);
    stream.checkOrder();
    assert.equal(stream.lost, 0);
    assert.ok(simulation.isConnected);
    assert.equal(simulation.server.end.host.tunnels.size, 1);
    assert.ok(simulation.server.end.keyCount <= keys, "keys are left");
  });

  it("that is an old client's initiation makes no bundle that lasts", () => {
    const simulation = new Simulation({ lines: LINES, seed: 53, crypto });
    simulation.recorded = [];
    simulation.connect();
    simulation.restartClient();
    simulation.run(seconds(10));
    const initiations = simulation.recorded.filter(({ datagram }) => datagram.bytes[0] === 1);
    const stream = new Stream(simulation, { direction: "up" });

    for (const { datagram, line } of initiations) simulation.inject(datagram, line, true);
    simulation.run(seconds(20), milliseconds(1), () => stream.send(1000));
    simulation.run(seconds(21));

    assert.equal(stream.lost, 0);
    assert.equal(simulation.server.end.host.tunnels.size, 1);
    assert.equal(simulation.server.end.keyCount, 4);
  });
});
