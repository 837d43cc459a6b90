import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import { milliseconds, seconds } from "../../shared/protocol/units.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { lineOf } from "./lines.ts";
import { Simulation } from "./simulation.ts";
import { Stream } from "./stream.ts";

const LINES = [lineOf(20, 10), lineOf(20, 10)];
const RESTART_AT = 4000;

describe("An end that is restarted", () => {
  let crypto: HandshakeCrypto;

  before(async () => {
    crypto = await createHandshakeCrypto();
  });

  for (const which of ["client", "server"] as const) {
    it(`without a word (the ${which}) has its traffic back within 3 s, each packet once`, () => {
      const { simulation, streams, send } = startStreams(41);

      if (which === "client") simulation.restartClient();
      else simulation.restartServer();
      for (const stream of streams) stream.attach();
      simulation.run(seconds(10), milliseconds(1), send);

      assert.ok(simulation.isConnected);
      for (const stream of streams) {
        stream.checkOrder();
        const first = stream.times.find((at) => at > RESTART_AT + 100) ?? Number.POSITIVE_INFINITY;
        assert.ok(first < RESTART_AT + 3000, `first packet after ${first - RESTART_AT} ms`);
        assert.ok(stream.times.filter((at) => at > RESTART_AT + 3000).length >= 2990);
      }
    });
  }

  it("gets the tunnel address that it had, also from a new server", () => {
    const { simulation } = startStreams(42);
    const before = simulation.clientAddress;

    simulation.restartServer();
    simulation.run(seconds(10));
    const after = simulation.clientAddress;

    assert.deepEqual(after, before);
  });

  it("a hundred times leaves no keys, cells and bundles behind at the other", () => {
    const simulation = new Simulation({ lines: LINES, seed: 43, crypto });
    simulation.connect();
    simulation.run(seconds(2));
    const free = simulation.server.end.host.freeCells;

    for (let restart = 0; restart < 100; restart++) {
      simulation.restartClient();
      simulation.run(milliseconds(simulation.now + 500));
    }
    simulation.run(milliseconds(simulation.now + 20_000));

    const { host, keyCount } = simulation.server.end;
    assert.ok(simulation.isConnected);
    assert.equal(host.tunnels.size, 1);
    assert.equal(host.freeCells, free);
    assert.equal(keyCount, 4);
  });

  function startStreams(seed: number) {
    const simulation = new Simulation({ lines: LINES, seed, crypto });
    simulation.connect();
    const streams = [new Stream(simulation, { direction: "up" }), new Stream(simulation, { direction: "down" })];
    const send = () => {
      for (const stream of streams) stream.send(1000);
    };
    simulation.run(milliseconds(RESTART_AT), milliseconds(1), send);
    return { simulation, streams, send };
  }
});

describe("An end that stops in order (RFC 1661 §3.7)", () => {
  let crypto: HandshakeCrypto;

  before(async () => {
    crypto = await createHandshakeCrypto();
  });

  it("is known as gone by the server within one way of the line", () => {
    const simulation = connected(44);

    simulation.client.tunnel.terminate(simulation.now);
    simulation.client.end.settle(simulation.now);
    stopClient(simulation);
    simulation.run(milliseconds(simulation.now + 15));

    assert.equal(simulation.server.end.host.tunnels.size, 0);
    assert.equal(simulation.server.bundles.established().length, 0);
    assert.equal(simulation.server.end.keyCount, 0);
  });

  it("is known as gone by the client within one way of the line, each link once", () => {
    const simulation = connected(45);
    const { serverTunnel } = simulation;
    const before = simulation.events.length;

    serverTunnel?.terminate(simulation.now);
    simulation.server.end.settle(simulation.now);
    simulation.restartServer();
    simulation.run(milliseconds(simulation.now + 12));

    const changes = simulation.events
      .slice(before)
      .filter(({ end, event }) => end === "client" && event.kind !== "decided");
    assert.deepEqual(
      changes.map(({ event }) => event.kind === "link changed" && event.state.reason),
      ["closed by the peer", "closed by the peer"],
    );
  });

  it("is connected again as soon as it is back", () => {
    const simulation = connected(46);

    simulation.serverTunnel?.terminate(simulation.now);
    simulation.server.end.settle(simulation.now);
    simulation.restartServer();
    simulation.run(milliseconds(simulation.now + 200));

    assert.ok(simulation.isConnected);
  });

  function connected(seed: number): Simulation {
    const simulation = new Simulation({ lines: LINES, seed, crypto });
    simulation.connect();
    simulation.run(seconds(2));
    return simulation;
  }
});

/** Lets the client's lines lead nowhere, so that it does not dial again. */
function stopClient(simulation: Simulation): void {
  for (const link of simulation.client.links) {
    simulation.client.tunnel.setUplink(link, { lost: "stopped" }, simulation.now);
  }
}
