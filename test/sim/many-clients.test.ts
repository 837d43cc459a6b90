import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import { milliseconds, seconds } from "../../shared/protocol/units.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { ip4Packet } from "../support/ip-packets.ts";
import { lineOf } from "./lines.ts";
import { Simulation } from "./simulation.ts";
import { Stream } from "./stream.ts";

const CLIENTS = 20;
const INTERNET = [192, 0, 2, 1];

describe("A server of many clients", () => {
  let crypto: HandshakeCrypto;

  before(async () => {
    crypto = await createHandshakeCrypto();
  });

  it("gives each an address of its own, and carries the traffic of each", () => {
    const simulation = connected(91, false);
    const streams = simulation.clients.flatMap((_, client) =>
      (["up", "down"] as const).map(
        (direction) => new Stream(simulation, { direction, client, port: 1000 + client }),
      ),
    );

    simulation.run(seconds(3), milliseconds(10), () => {
      for (const stream of streams) stream.send(1000);
    });
    simulation.run(seconds(4));

    assert.equal(
      new Set(simulation.clients.map((_, client) => simulation.addressOf(client).join("."))).size,
      CLIENTS,
    );
    for (const stream of streams) {
      stream.checkOrder();
      assert.equal(stream.lost, 0);
    }
  });

  it("drops and counts what has another's address as source", () => {
    const simulation = connected(92, false);

    sendFrom(simulation, 0, simulation.addressOf(1), INTERNET);

    assert.equal(simulation.server.end.delivered.length, 0);
    assert.equal(simulation.tunnelOf(0)?.drops.get("foreign-source"), 1);
  });

  it("drops and counts what goes from client to client, unless that is allowed", () => {
    for (const isAllowed of [false, true]) {
      const simulation = connected(93, isAllowed);

      sendFrom(simulation, 0, simulation.addressOf(0), simulation.addressOf(1));

      assert.equal(simulation.server.end.delivered.length, isAllowed ? 1 : 0);
      assert.equal(simulation.tunnelOf(0)?.drops.get("client-to-client"), isAllowed ? 0 : 1);
    }
  });

  it("goes on with the others when one falls silent", () => {
    const simulation = connected(94, false);
    const stream = new Stream(simulation, { direction: "down", client: 1 });
    for (const line of [0, 1]) simulation.cut(line);

    simulation.run(seconds(100), milliseconds(20), () => stream.send(500));
    simulation.run(seconds(101));

    assert.equal(stream.lost, 0);
    assert.equal(simulation.server.end.host.tunnels.size, CLIENTS - 1);
  });

  function connected(seed: number, allowsClientToClient: boolean): Simulation {
    const lines = [lineOf(20, 10), lineOf(10, 30)];
    const simulation = new Simulation({
      lines,
      seed,
      crypto,
      clients: CLIENTS,
      clientCells: 256,
      allowsClientToClient,
    });
    assert.ok(simulation.connect());
    return simulation;
  }
});

function sendFrom(simulation: Simulation, client: number, source: readonly number[], destination: readonly number[]) {
  const sender = simulation.clients[client];
  const packet = ip4Packet({ source, destination, size: 100, serial: 1 });
  sender?.end.sendPackets(sender.tunnel, [packet], simulation.now);
  simulation.run(milliseconds(simulation.now + 100));
}
