import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import { megabitsPerSecond, milliseconds, seconds } from "../../shared/protocol/units.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { ip4Packet, isIntact, serialOf } from "../support/ip-packets.ts";
import { Simulation } from "./simulation.ts";

const INTERNET = [192, 0, 2, 1];

describe("Two simulated equal lines", () => {
  let crypto: HandshakeCrypto;

  before(async () => {
    crypto = await createHandshakeCrypto();
  });

  it("come up within two round trips", () => {
    const line = { rate: megabitsPerSecond(20), delay: milliseconds(10) };
    const simulation = new Simulation({
      lines: [
        { up: line, down: line },
        { up: line, down: line },
      ],
      seed: 1,
      crypto,
    });

    const isConnected = simulation.connect(milliseconds(60));

    assert.ok(isConnected, JSON.stringify(simulation.events.map(({ end, at, event }) => [end, at, event.kind])));
  });

  it("carry a stream once, intact and in order", () => {
    const line = { rate: megabitsPerSecond(20), delay: milliseconds(10) };
    const simulation = new Simulation({
      lines: [
        { up: line, down: line },
        { up: line, down: line },
      ],
      seed: 2,
      crypto,
    });
    simulation.connect();
    let serial = 0;

    simulation.run(seconds(3), milliseconds(1), (now) => {
      if (now > 2900) return;
      for (let burst = 0; burst < 3; burst++) {
        const packet = ip4Packet({
          source: simulation.clientAddress,
          destination: INTERNET,
          size: 1400,
          serial: serial++,
        });
        simulation.client.end.sendPackets(simulation.client.tunnel, [packet], now);
      }
    });

    const serials = simulation.server.end.delivered.map(serialOf);
    assert.ok(simulation.server.end.delivered.every(isIntact));
    assert.deepEqual(
      serials,
      Array.from({ length: serial }, (_, index) => index),
    );
  });
});
