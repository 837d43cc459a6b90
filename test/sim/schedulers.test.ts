import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { SCHEDULERS } from "../../shared/protocol/scheduler/schedulers.ts";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import { milliseconds, seconds } from "../../shared/protocol/units.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { FULL_PACKET, lineOf, payloadCapacity } from "./lines.ts";
import { Simulation } from "./simulation.ts";
import { Stream } from "./stream.ts";

const CALL_PACKET = 200;

describe("A bundle's scheduler", () => {
  let crypto: HandshakeCrypto;

  before(async () => {
    crypto = await createHandshakeCrypto();
  });

  it("is changed while packets flow, and none but what CoDel drops is lost or out of order", () => {
    const simulation = new Simulation({ lines: [lineOf(20, 10), lineOf(10, 25)], seed: 401, crypto });
    simulation.connect();
    const { serverTunnel } = simulation;
    const stream = new Stream(simulation, { direction: "down" });
    let changes = 0;

    simulation.run(seconds(12), milliseconds(1), (now) => {
      if (now >= 2000 && now < 10_000) stream.saturate(FULL_PACKET);
      if (now < 2500 + changes * 400 || now > 10_000) return;
      const name = SCHEDULERS[changes++ % SCHEDULERS.length];
      if (name !== undefined) serverTunnel?.setScheduler(name, now);
    });

    assert.ok(changes > 10);
    stream.checkOrder();
    const queue = serverTunnel?.outbound.queue ?? assert.fail("no bundle");
    assert.equal(stream.lost, queue.dropped + queue.overLimit);
  });

  it("redundant loses of a call only what every line loses, and delivers nothing twice", () => {
    const faults = { loss: { kind: "random", probability: 0.1 } as const };
    const lines = [lineOf(20, 10, faults), lineOf(20, 10, faults), lineOf(20, 10, faults)];
    const simulation = new Simulation({ lines, seed: 402, crypto, scheduler: "redundant" });
    simulation.connect();
    const call = new Stream(simulation, { direction: "up" });

    simulation.run(seconds(30), milliseconds(20), () => call.send(CALL_PACKET));
    simulation.run(seconds(31));

    assert.ok(call.sent > 1300);
    assert.equal(new Set(call.serials).size, call.serials.length);
    assert.ok(call.lost <= call.sent * 0.003, `${call.lost} of ${call.sent} lost`);
  });

  it("redundant carries as much as the fastest line alone", () => {
    const lines = [lineOf(5, 5), lineOf(20, 10)];
    const simulation = new Simulation({ lines, seed: 403, crypto, scheduler: "redundant" });
    simulation.connect();
    const stream = new Stream(simulation, { direction: "down" });
    simulation.run(seconds(2), milliseconds(1), () => stream.saturate(FULL_PACKET));
    const before = stream.deliveredBytes;

    simulation.run(seconds(6), milliseconds(1), () => stream.saturate(FULL_PACKET));

    const share = (stream.deliveredBytes - before) / (4 * payloadCapacity(20, FULL_PACKET));
    assert.ok(share > 0.96 && share < 1.01, `${share} of the fastest line`);
    stream.checkOrder();
  });

  it("failover uses one line, and the other when that is cut", () => {
    const lines = [lineOf(20, 10), lineOf(10, 20)];
    const simulation = new Simulation({ lines, seed: 404, crypto, scheduler: "failover" });
    simulation.connect();
    const stream = new Stream(simulation, { direction: "down" });
    const pump = () => stream.saturate(FULL_PACKET);
    simulation.run(seconds(3), milliseconds(1), pump);
    const [first = 0, second = 0] = simulation.downs.map((line) => line.counts().delivered.bytes);

    simulation.ups[0]?.cut(simulation.now);
    simulation.downs[0]?.cut(simulation.now);
    simulation.run(seconds(4), milliseconds(1), pump);
    const before = stream.deliveredBytes;
    simulation.run(seconds(6), milliseconds(1), pump);

    assert.ok(second < 0.02 * first, `${second} bytes beside ${first}`);
    const share = (stream.deliveredBytes - before) / (2 * payloadCapacity(10, FULL_PACKET));
    assert.ok(share > 0.95, `${share} of the other line`);
  });
});
