import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import { milliseconds, seconds } from "../../shared/protocol/units.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { FULL_PACKET, lineOf } from "./lines.ts";
import { Simulation } from "./simulation.ts";
import { Stream } from "./stream.ts";

describe("An idle bundle of two lines", () => {
  let crypto: HandshakeCrypto;

  before(async () => {
    crypto = await createHandshakeCrypto();
  });

  it("sends at most 60 datagrams in a minute, both ways together", () => {
    const simulation = new Simulation({ lines: [lineOf(20, 10), lineOf(20, 10)], seed: 101, crypto });
    simulation.connect();
    simulation.run(seconds(30));
    simulation.recorded = [];

    simulation.run(seconds(30 + 600));

    // Twelve keepalives and as many answers on each link, and a handshake and its proof every two minutes.
    const perMinute = simulation.recorded.length / 10;
    assert.ok(perMinute <= 60, `${perMinute} datagrams`);
    assert.ok(simulation.isConnected);
  });

  it("wakes each end up less than ten times a second", () => {
    const simulation = new Simulation({ lines: [lineOf(20, 10), lineOf(20, 10)], seed: 102, crypto });
    simulation.connect();
    simulation.run(seconds(30));
    let wakeUps = 0;

    for (let now = simulation.client.end.host.nextTimeout(); now < 90_000; wakeUps++) {
      simulation.run(now);
      now = milliseconds(Math.max(simulation.client.end.host.nextTimeout(), simulation.now + 0.001));
    }

    assert.ok(wakeUps < 600, `${wakeUps} in a minute`);
  });
});

describe("Pacing", () => {
  let crypto: HandshakeCrypto;

  before(async () => {
    crypto = await createHandshakeCrypto();
  });

  it("keeps less than 5 ms of queue in front of each line under a saturating load", () => {
    const simulation = new Simulation({ lines: [lineOf(30, 10), lineOf(10, 10)], seed: 103, crypto });
    simulation.connect();
    const stream = new Stream(simulation, { direction: "up" });
    let longest = 0;

    simulation.run(seconds(5), milliseconds(0.5), (now) => {
      stream.saturate(FULL_PACKET);
      if (now < 1000) return;
      for (const line of simulation.ups) {
        const { rate } = line.options;
        longest = Math.max(longest, (line.queuedBytes * 1000) / (typeof rate === "number" ? rate : 1));
      }
    });

    assert.ok(longest > 0.5 && longest < 5, `${longest} ms`);
  });

  it("finds the rate of a line without a configured one, and then drops nothing", () => {
    const free = { ...lineOf(20, 10), uploadRate: Number.POSITIVE_INFINITY, downloadRate: Number.POSITIVE_INFINITY };
    const simulation = new Simulation({ lines: [free, free], seed: 104, crypto });
    simulation.connect();
    const stream = new Stream(simulation, { direction: "down" });
    const send = () => {
      for (let burst = 0; burst < 3; burst++) stream.send(1400);
    };
    simulation.run(seconds(3), milliseconds(1), send);
    const dropped = dropsOf(simulation);

    simulation.run(seconds(8), milliseconds(1), send);
    simulation.run(seconds(9));

    stream.checkOrder();
    assert.equal(dropsOf(simulation), dropped);
    const [first = 0, second = 0] = simulation.serverTunnel?.links.map(({ sent }) => sent.bytes) ?? [];
    assert.ok(Math.abs(first - second) / first < 0.2, `${first} and ${second}`);
  });

  it("shares a load below the lines' capacity by their rates within 1 % (weighted)", () => {
    const simulation = new Simulation({
      lines: [lineOf(30, 10), lineOf(10, 10)],
      seed: 105,
      crypto,
      scheduler: "weighted",
    });
    simulation.connect();
    const before = simulation.client.links.map(({ sent }) => sent.bytes);
    const stream = new Stream(simulation, { direction: "up" });

    simulation.run(seconds(10), milliseconds(1), () => {
      stream.send(1200);
      stream.send(500);
    });

    const [first = 0, second = 0] = simulation.client.links.map(
      ({ sent }, index) => sent.bytes - (before[index] ?? 0),
    );
    assert.ok(Math.abs(first / (first + second) - 0.75) < 0.01, `${first / (first + second)}`);
  });
});

function dropsOf({ serverTunnel }: Simulation): number {
  return serverTunnel === undefined
    ? 0
    : serverTunnel.drops.get("queue-full") + serverTunnel.drops.get("queue-delay");
}
