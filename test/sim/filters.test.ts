import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import { milliseconds, seconds } from "../../shared/protocol/units.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { udpPortFilter } from "../support/udp-port-filter.ts";
import { FULL_PACKET, lineOf } from "./lines.ts";
import { Simulation } from "./simulation.ts";
import { Stream } from "./stream.ts";

const CALL_PACKET = 200;
const CALL_PORT = 5060;

describe("A flow that a filter binds to a line", () => {
  let crypto: HandshakeCrypto;

  before(async () => {
    crypto = await createHandshakeCrypto();
  });

  it("goes over that line both ways, over the other one while it is cut, and back", () => {
    const { simulation, call, answer, pump } = setUp(501);
    const carried = (): readonly number[] =>
      [...simulation.ups, ...simulation.downs].map((line) => line.counts().delivered.bytes);
    const passOver = (until: number): readonly number[] => {
      const before = carried();
      simulation.run(seconds(until), milliseconds(20), pump);
      return carried().map((bytes, line) => bytes - (before[line] ?? 0));
    };
    simulation.run(seconds(3), milliseconds(20), pump);

    const bound = passOver(8);
    simulation.cut(1);
    const lostBefore = call.lost + answer.lost;
    const cut = passOver(12);
    const lostByCut = call.lost + answer.lost - lostBefore;
    simulation.restore(1);
    passOver(20);
    const back = passOver(25);

    // In 5 s there are 250 packets of 200 bytes each way; reports and keepalives are the rest.
    for (const [line0 = 0, line1 = 0] of [bound, bound.slice(2), back, back.slice(2)]) {
      assert.ok(line1 > 50_000, `${line1} bytes over the filter's line`);
      assert.ok(line0 < 10_000, `${line0} bytes over the other line`);
    }
    assert.ok((cut[0] ?? 0) > 40_000 && (cut[2] ?? 0) > 40_000, `${cut} bytes`);
    assert.ok(lostByCut <= 2 * 15, `${lostByCut} packets lost by the cut`);
  });

  it("leaves the line to others as well, and they leave it to the flow", () => {
    const { simulation } = setUp(502);
    const flow = new Stream(simulation, { direction: "up", port: CALL_PORT });
    const bulk = new Stream(simulation, { direction: "up", port: 1000 });
    const saturate = () => {
      const { outbound } = simulation.client.tunnel;
      while (outbound.pinned.count < 40) flow.send(FULL_PACKET);
      while (outbound.queue.count < 40) bulk.send(FULL_PACKET);
    };
    simulation.run(seconds(3), milliseconds(1), saturate);
    const [flowBefore, bulkBefore] = [flow.deliveredBytes, bulk.deliveredBytes];

    simulation.run(seconds(7), milliseconds(1), saturate);

    const rate = (bytes: number): number => (bytes * 8) / 4 / 1e6;
    const [ofFlow, ofBulk] = [rate(flow.deliveredBytes - flowBefore), rate(bulk.deliveredBytes - bulkBefore)];
    assert.ok(ofFlow > 3 && ofFlow < 10, `${ofFlow} Mbit/s of the line of 10`);
    assert.ok(ofBulk > 18, `${ofBulk} Mbit/s of all else`);
    assert.ok(ofFlow + ofBulk > 27, `${ofFlow + ofBulk} Mbit/s of 30`);
  });

  function setUp(seed: number) {
    const filters = [{ link: "line1", code: udpPortFilter(CALL_PORT) }];
    const simulation = new Simulation({ lines: [lineOf(20, 10), lineOf(10, 25)], seed, crypto, filters });
    assert.ok(simulation.connect());
    const call = new Stream(simulation, { direction: "up", port: CALL_PORT, destinationPort: 7000 });
    const answer = new Stream(simulation, { direction: "down", port: 7000, destinationPort: CALL_PORT });
    const pump = () => {
      call.send(CALL_PACKET);
      answer.send(CALL_PACKET);
    };
    return { simulation, call, answer, pump };
  }
});
