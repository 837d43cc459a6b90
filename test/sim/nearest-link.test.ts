import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import { milliseconds, seconds } from "../../shared/protocol/units.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { lineOf } from "./lines.ts";
import { Simulation } from "./simulation.ts";
import { Stream } from "./stream.ts";

const EVERY = milliseconds(50);

describe("A link that became the nearest while it was idle", () => {
  let crypto: HandshakeCrypto;

  before(async () => {
    crypto = await createHandshakeCrypto();
  });

  for (const direction of ["up", "down"] as const) {
    it(`carries what little there is to carry, within 1.5 s of the next packet (${direction})`, () => {
      const simulation = new Simulation({ lines: [lineOf(50, 30), lineOf(20, 15)], seed: 151, crypto });
      simulation.connect();
      simulation.run(seconds(11));
      for (const line of [simulation.ups[0], simulation.downs[0]])
        line?.change({ delay: milliseconds(5) }, simulation.now);
      const sentAt: number[] = [];
      const stream = new Stream(simulation, { direction });

      simulation.run(seconds(14), EVERY, (now) => {
        sentAt.push(now);
        stream.send(84);
      });

      const delays = stream.times.map((at, index) => at - (sentAt[index] ?? 0));
      assert.ok((delays[0] ?? 0) > 14, `${delays[0]} ms at first`);
      const later = delays.slice(1500 / EVERY);
      assert.ok(later.length >= 28 && Math.max(...later) < 6, `${later.map((delay) => delay.toFixed(1)).join(" ")}`);
    });
  }
});
