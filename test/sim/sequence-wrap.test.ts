import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { flowHash } from "../../shared/protocol/packet/flow.ts";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import { milliseconds } from "../../shared/protocol/units.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { ip4Packet } from "../support/ip-packets.ts";
import { lineOf } from "./lines.ts";
import { CLASSES } from "./simulated-client.ts";
import { Simulation } from "./simulation.ts";
import { Stream } from "./stream.ts";

const NUMBERS = 2 ** 24;

describe("A bundle whose sequence numbers wrap (RFC 1990 §3)", () => {
  let crypto: HandshakeCrypto;

  before(async () => {
    crypto = await createHandshakeCrypto();
  });

  it("delivers all of a stream across the wrap, in order", () => {
    const simulation = new Simulation({ lines: [lineOf(20, 10), lineOf(20, 25)], seed: 111, crypto });
    simulation.connect();
    const stream = new Stream(simulation, { direction: "up" });
    skipNumbers(simulation, stream, NUMBERS / 2 - 1000);
    skipNumbers(simulation, stream, NUMBERS / 2 - 4000);
    const before = stream.lost;

    simulation.run(milliseconds(simulation.now + 5000), milliseconds(1), () => {
      for (let burst = 0; burst < 2; burst++) stream.send(1400);
    });
    simulation.run(milliseconds(simulation.now + 1000));

    stream.checkOrder();
    assert.equal(stream.sent, 10_000 + 2 * 100);
    assert.equal(stream.lost, before);
  });

  it("goes on when a link carried nothing of a class for more than half of all numbers", () => {
    const simulation = new Simulation({ lines: [lineOf(20, 10), lineOf(20, 25)], seed: 112, crypto });
    simulation.connect();
    const stream = new Stream(simulation, { direction: "up" });
    const [, second] = simulation.client.links;
    if (second?.outlet === undefined) assert.fail("no second link");
    second.outlet.isBlocked = true;
    skipNumbers(simulation, stream, NUMBERS / 2 - 1000);
    skipNumbers(simulation, stream, 5000);
    second.outlet.isBlocked = false;
    const before = stream.lost;

    simulation.run(milliseconds(simulation.now + 5000), milliseconds(1), () => stream.send(1400));
    simulation.run(milliseconds(simulation.now + 1000));

    stream.checkOrder();
    assert.equal(stream.lost, before);
  });
});

/** Sends a little, and takes sequence numbers that no fragment carries, as if all of them were lost. */
function skipNumbers(simulation: Simulation, stream: Stream, count: number): void {
  const [source, destination] = [simulation.clientAddress, [192, 0, 2, 1]];
  const packet = ip4Packet({ source, destination, sourcePort: 1000, size: 100, serial: 0 });
  const trafficClass = flowHash(packet, 0, packet.length) % CLASSES;
  const { order } = simulation.client.tunnel.outbound;
  for (let skipped = 0; skipped < count; skipped++) order.take(trafficClass, 0);
  simulation.run(milliseconds(simulation.now + 1000), milliseconds(10), () => stream.send(1000));
  simulation.run(milliseconds(simulation.now + 1000));
}
