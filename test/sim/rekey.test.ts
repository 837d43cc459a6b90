import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import { milliseconds, seconds } from "../../shared/protocol/units.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { FULL_PACKET, lineOf } from "./lines.ts";
import { Simulation } from "./simulation.ts";
import { Stream } from "./stream.ts";

describe("Rekeying", () => {
  let crypto: HandshakeCrypto;

  before(async () => {
    crypto = await createHandshakeCrypto();
  });

  it("loses nothing under load, and removes the old keys", () => {
    const simulation = new Simulation({ lines: [lineOf(20, 10), lineOf(20, 30)], seed: 61, crypto });
    simulation.connect();
    const streams = [new Stream(simulation, { direction: "up" }), new Stream(simulation, { direction: "down" })];
    const associations = () => simulation.client.links.map(({ association }) => association);
    const before = associations();

    simulation.run(seconds(380), milliseconds(5), () => {
      for (const stream of streams) stream.send(FULL_PACKET);
    });
    simulation.run(seconds(395));

    for (const stream of streams) {
      stream.checkOrder();
      assert.equal(stream.lost, 0);
    }
    assert.ok(associations().every((association, index) => association !== before[index]));
    assert.equal(downs(simulation), 0);
    assert.ok(simulation.client.end.keyCount <= 4 && simulation.server.end.keyCount <= 4);
  });

  it("goes on through loss, and no link goes down", () => {
    const faults = { loss: { kind: "random", probability: 0.05 } as const };
    const simulation = new Simulation({ lines: [lineOf(20, 10, faults), lineOf(20, 30, faults)], seed: 62, crypto });
    simulation.connect();

    simulation.run(seconds(3600));

    assert.ok(simulation.isConnected);
    assert.equal(downs(simulation), 0);
    assert.ok(simulation.server.end.keyCount <= 8);
  });

  it("that fails for long ends a link when its keys do, and the link comes back with the next", () => {
    const simulation = new Simulation({ lines: [lineOf(20, 10)], seed: 63, crypto });
    simulation.connect();
    const dropped = new Set([1, 2]);
    simulation.passes = ({ bytes }) => !dropped.has(bytes[0] ?? 0);

    simulation.run(seconds(200));
    const reasons = simulation.events.flatMap(({ event }) =>
      event.kind === "link changed" ? event.state.reason : [],
    );
    const wasUp = simulation.client.links.some((link) => link.isUp);
    dropped.clear();
    simulation.run(seconds(210));

    assert.ok(reasons.includes("its keys have expired"), reasons.join(", "));
    assert.equal(wasUp, false);
    assert.ok(simulation.isConnected);
  });
});

/** How many times a link went down since the first seconds. */
function downs(simulation: Simulation): number {
  const later = simulation.events.filter(({ at }) => at > 2000);
  return later.filter(({ event }) => event.kind === "link changed" && event.state.kind !== "up").length;
}
