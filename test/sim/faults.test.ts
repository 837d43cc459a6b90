import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import type { Tunnel } from "../../shared/protocol/tunnel.ts";
import { milliseconds, seconds } from "../../shared/protocol/units.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { FULL_PACKET, lineOf } from "./lines.ts";
import { Simulation } from "./simulation.ts";
import { Stream } from "./stream.ts";

describe("Simulated lines with faults", () => {
  let crypto: HandshakeCrypto;

  before(async () => {
    crypto = await createHandshakeCrypto();
  });

  for (const probability of [0.01, 0.02, 0.05]) {
    it(`lose ${probability * 100} % of the datagrams, and hardly a packet, as what was lost is sent again`, () => {
      const loss = { kind: "random", probability } as const;
      const simulation = new Simulation({
        lines: [lineOf(20, 10, { loss }), lineOf(20, 10, { loss })],
        seed: 3,
        crypto,
      });
      simulation.connect();
      const stream = new Stream(simulation, { direction: "down" });

      simulation.run(seconds(10), milliseconds(1), () => stream.send(1000));
      simulation.run(seconds(11));

      stream.checkOrder();
      assert.ok(stream.lost <= stream.sent / 3000, `${stream.lost} of ${stream.sent}`);
      const { counters } = tunnelOf(simulation).outbound.recovery;
      assert.ok(counters.sentAgain > 0.8 * probability * stream.sent, `${counters.sentAgain} sent again`);
      assert.ok(simulation.client.links.every((link) => link.isUp));
    });
  }

  it("lose as many packets as datagrams, and no more, where nothing is sent again", () => {
    const loss = { kind: "random", probability: 0.02 } as const;
    const simulation = new Simulation({ lines: [lineOf(20, 10, { loss })], seed: 3, crypto });
    simulation.connect();
    tunnelOf(simulation).outbound.recovery.isOn = false;
    const stream = new Stream(simulation, { direction: "down" });

    simulation.run(seconds(10), milliseconds(1), () => stream.send(1000));
    simulation.run(seconds(11));

    stream.checkOrder();
    const ratio = stream.lost / stream.sent;
    assert.ok(ratio > 0.016 && ratio < 0.024, `${ratio}`);
  });

  it("find most losses by RFC 1990 §4.1, without waiting for the timer", () => {
    const loss = { kind: "random", probability: 0.01 } as const;
    const simulation = new Simulation({
      lines: [lineOf(20, 10, { loss }), lineOf(20, 10, { loss })],
      seed: 4,
      crypto,
    });
    simulation.connect();
    simulation.client.tunnel.outbound.recovery.isOn = false;
    const stream = new Stream(simulation, { direction: "up" });

    simulation.run(seconds(10), milliseconds(1), () => stream.saturate(1400));

    const { lost, timeouts } = tunnelOf(simulation).receiving.counters;
    assert.ok(lost > 100, `${lost} lost`);
    assert.ok(timeouts < lost / 10, `${timeouts} timeouts for ${lost} lost`);
  });

  it("duplicate datagrams, of which each is delivered once", () => {
    const faults = { duplication: 0.1 };
    const simulation = new Simulation({ lines: [lineOf(20, 10, faults), lineOf(20, 10, faults)], seed: 5, crypto });
    simulation.connect();
    const stream = new Stream(simulation, { direction: "up" });

    simulation.run(seconds(5), milliseconds(1), () => stream.send(1000));
    simulation.run(seconds(6));

    stream.checkOrder();
    assert.equal(stream.lost, 0);
    assert.ok((simulation.serverTunnel?.drops.get("replayed") ?? 0) > 100);
  });

  it("reorder datagrams, which are put back in order", () => {
    const faults = { reordering: { probability: 0.05, by: milliseconds(4) } };
    const simulation = new Simulation({ lines: [lineOf(20, 10, faults), lineOf(20, 10, faults)], seed: 6, crypto });
    simulation.connect();
    const stream = new Stream(simulation, { direction: "up" });

    simulation.run(seconds(10), milliseconds(1), () => {
      for (let burst = 0; burst < 3; burst++) stream.send(1000);
    });
    simulation.run(seconds(11));

    stream.checkOrder();
    assert.ok(stream.lost / stream.sent < 0.002, `${stream.lost} of ${stream.sent}`);
  });

  it("jitter by as much as their delay and lose nothing", () => {
    const faults = { jitter: milliseconds(15), mayReorder: true };
    const simulation = new Simulation({ lines: [lineOf(20, 15, faults), lineOf(20, 5, faults)], seed: 7, crypto });
    simulation.connect();
    const stream = new Stream(simulation, { direction: "up" });

    simulation.run(seconds(10), milliseconds(1), () => stream.send(1000));
    simulation.run(seconds(11));

    stream.checkOrder();
    assert.ok(stream.lost / stream.sent < 0.005, `${stream.lost} of ${stream.sent}`);
  });

  it("damage datagrams, which are dropped, counted and sent again", () => {
    const faults = { corruption: 0.05 };
    const simulation = new Simulation({ lines: [lineOf(20, 10, faults), lineOf(20, 10, faults)], seed: 8, crypto });
    simulation.connect();
    const stream = new Stream(simulation, { direction: "up" });

    simulation.run(seconds(5), milliseconds(1), () => stream.send(1000));
    simulation.run(seconds(6));

    stream.checkOrder();
    assert.ok(stream.lost <= 1, `${stream.lost} lost`);
    assert.ok((simulation.serverTunnel?.drops.get("not-authentic") ?? 0) > 0.03 * stream.sent);
  });

  it("carry packets of full size through all of it at once", () => {
    const faults = {
      loss: { kind: "gilbert-elliott", toBad: 0.005, toGood: 0.2, lossWhenGood: 0, lossWhenBad: 0.5 } as const,
      duplication: 0.02,
      corruption: 0.01,
      jitter: milliseconds(5),
      mayReorder: true,
    };
    const simulation = new Simulation({ lines: [lineOf(30, 20, faults), lineOf(10, 5, faults)], seed: 9, crypto });
    simulation.connect();
    const streams = [1000, 1001, 1002].map((port) => new Stream(simulation, { direction: "down", port }));

    simulation.run(seconds(10), milliseconds(1), () => {
      for (const stream of streams) stream.send(FULL_PACKET);
    });
    simulation.run(seconds(12));

    for (const stream of streams) {
      stream.checkOrder();
      assert.ok(stream.lost / stream.sent < 0.1, `${stream.lost} of ${stream.sent}`);
    }
    assert.equal(simulation.client.tunnel.receiving.heldCount, 0);
    assert.equal(simulation.client.end.host.freeCells, simulation.server.end.host.freeCells);
  });
});

function tunnelOf({ serverTunnel }: Simulation): Tunnel {
  if (serverTunnel === undefined) assert.fail("not connected");
  return serverTunnel;
}
