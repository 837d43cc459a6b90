import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import { megabitsPerSecond, milliseconds, seconds } from "../../shared/protocol/units.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { Simulation } from "./simulation.ts";

const LIMIT = 64;

describe("A bundle of more links than a server takes of one client", () => {
  let crypto: HandshakeCrypto;

  before(async () => {
    crypto = await createHandshakeCrypto();
  });

  it("has the first 64, and the others are refused with the reason", () => {
    const line = { rate: megabitsPerSecond(1), delay: milliseconds(10) };
    const lines = Array.from({ length: LIMIT + 2 }, () => ({ up: line, down: line }));
    const simulation = new Simulation({ lines, seed: 1, crypto });

    simulation.run(seconds(3));

    const states = simulation.client.links.map(({ state }) => state);
    assert.equal(states.filter(({ kind }) => kind === "up").length, LIMIT);
    const others = states.filter(({ kind }) => kind !== "up").map(({ reason }) => reason);
    assert.deepEqual(others, Array(2).fill("refused by the server: too many links"));
  });
});
