import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import { milliseconds, seconds } from "../../shared/protocol/units.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { lineOf } from "./lines.ts";
import { Simulation } from "./simulation.ts";

describe("A client that the server refuses", () => {
  let crypto: HandshakeCrypto;

  before(async () => {
    crypto = await createHandshakeCrypto();
  });

  it("knows why, and asks again every ten seconds", () => {
    const simulation = fullServer(121);
    const [, refused] = simulation.clients;
    const dropsBefore = simulation.server.end.host.drops.get("handshake-refused");

    simulation.run(seconds(65));

    const asked = simulation.server.end.host.drops.get("handshake-refused") - dropsBefore;
    assert.equal(refused?.links[0]?.state.reason, "refused by the server: the server is full");
    assert.ok(asked >= 5 && asked <= 7, `asked ${asked} times in a minute`);
    assert.ok((refused?.tunnel.drops.get("handshake-refused") ?? 0) >= asked);
  });

  it("is let in once there is room", () => {
    const simulation = fullServer(122);
    const [first, second] = simulation.clients;
    simulation.run(seconds(5));

    first?.tunnel.terminate(simulation.now);
    for (const link of first?.links ?? []) first?.tunnel.setUplink(link, { lost: "stopped" }, simulation.now);
    first?.end.settle(simulation.now);
    simulation.run(milliseconds(simulation.now + 11_000));

    assert.equal(second?.links[0]?.isUp, true);
  });

  function fullServer(seed: number): Simulation {
    const simulation = new Simulation({ lines: [lineOf(20, 10)], seed, crypto, clients: 2, maxClients: 1 });
    simulation.cut(1);
    simulation.run(seconds(2));
    simulation.restore(1);
    simulation.run(seconds(5));
    return simulation;
  }
});
