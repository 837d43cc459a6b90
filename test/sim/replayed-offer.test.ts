import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import { megabitsPerSecond, milliseconds, seconds } from "../../shared/protocol/units.ts";
import { DATAGRAM_TYPES } from "../../shared/protocol/wire/datagram-header.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { Simulation } from "./simulation.ts";

describe("An initiation that is replayed to a running bundle", () => {
  let crypto: HandshakeCrypto;

  before(async () => {
    crypto = await createHandshakeCrypto();
  });

  it("gets no response once its session is proven, is counted, and makes no further session", () => {
    const line = { rate: megabitsPerSecond(20), delay: milliseconds(10) };
    const simulation = new Simulation({ lines: [{ up: line, down: line }], seed: 3, crypto });
    simulation.connect();
    simulation.recorded = [];
    simulation.run(seconds(130));
    const recorded = simulation.recorded;
    const initiations = recorded.filter(({ datagram }) => datagram.bytes[0] === DATAGRAM_TYPES.initiation);
    const responses = recorded.filter(({ datagram }) => datagram.bytes[0] === DATAGRAM_TYPES.response);
    const caught = initiations[0];
    assert.ok(caught !== undefined && responses.length > 0, "no handshake was recorded");

    simulation.inject(caught.datagram, 0, true);

    const again = recorded.filter(({ datagram }) => datagram.bytes[0] === DATAGRAM_TYPES.response).at(-1);
    assert.equal(again, responses.at(-1));
    assert.equal(simulation.server.end.host.drops.get("replayed"), 1);
  });
});
