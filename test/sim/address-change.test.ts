import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import { milliseconds, seconds } from "../../shared/protocol/units.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { FULL_PACKET, lineOf } from "./lines.ts";
import { Simulation } from "./simulation.ts";
import { Stream } from "./stream.ts";

const LINES = [lineOf(20, 10), lineOf(20, 10)];
const NEW_PLACE = { host: 700, port: 50_000 };
const STRANGER = { host: 800, port: 6000 };

describe("A server whose client gets another address", () => {
  let crypto: HandshakeCrypto;

  before(async () => {
    crypto = await createHandshakeCrypto();
  });

  it("follows it with the next datagram, and goes on sending there", () => {
    const { simulation, stream } = startStream(31);

    simulation.moveClient(1, NEW_PLACE);
    const movedAt = simulation.now;
    simulation.run(seconds(6), milliseconds(1), () => stream.send(1000));

    stream.checkOrder();
    assert.ok(stream.longestGap(movedAt, 6000) < 600, `${stream.longestGap(movedAt, 6000)} ms without a packet`);
    assert.ok(simulation.isConnected);
    assert.equal(roamedLinks(simulation), 1);
  });

  it("does not follow a forged datagram", () => {
    const { simulation, stream } = startStream(32);
    const datagram = lastUpload(simulation);
    const forged = datagram.bytes.slice();
    forged[20] = (forged[20] ?? 0) ^ 1;

    simulation.inject({ ...datagram, bytes: forged, from: STRANGER }, 0, true);
    simulation.run(seconds(4), milliseconds(1), () => stream.send(1000));

    assert.equal(roamedLinks(simulation), 0);
    assert.equal(stream.longestGap(3000, 4000) < 50, true);
  });

  it("does not follow a replayed datagram", () => {
    const { simulation, stream } = startStream(33);
    const datagram = lastUpload(simulation);
    simulation.run(milliseconds(simulation.now + 100), milliseconds(1), () => stream.send(1000));

    simulation.inject({ ...datagram, from: STRANGER }, 0, true);
    simulation.run(seconds(4), milliseconds(1), () => stream.send(1000));

    assert.equal(roamedLinks(simulation), 0);
    assert.ok((simulation.serverTunnel?.drops.get("replayed") ?? 0) > 0);
    assert.equal(stream.longestGap(3100, 4000) < 50, true);
  });

  it("does not follow an initiation, before its keys are proved", () => {
    const { simulation, stream } = startStream(34);
    simulation.restartClient();
    const initiation = simulation.recorded?.findLast(({ datagram }) => datagram.bytes[0] === 1);
    if (initiation === undefined) assert.fail("no initiation");

    simulation.inject({ ...initiation.datagram, from: STRANGER }, 0, true);

    assert.equal(roamedLinks(simulation), 0);
    assert.equal(stream.tunnel?.links.filter((link) => link.isUp).length, 2);
  });

  function startStream(seed: number) {
    const simulation = new Simulation({ lines: LINES, seed, crypto });
    simulation.connect();
    simulation.recorded = [];
    const stream = new Stream(simulation, { direction: "down" });
    simulation.run(seconds(3), milliseconds(1), () => stream.send(FULL_PACKET));
    return { simulation, stream };
  }
});

function lastUpload(simulation: Simulation) {
  const last = simulation.recorded?.findLast(({ isUp, line }) => isUp && line === 0);
  if (last === undefined) assert.fail("nothing was sent");
  return last.datagram;
}

function roamedLinks(simulation: Simulation): number {
  return simulation.events.filter(({ end, event }) => end === "server" && event.kind === "link roamed").length;
}
