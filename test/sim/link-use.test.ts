import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import type { LineTerms } from "../../shared/protocol/session/line-terms.ts";
import { milliseconds, seconds } from "../../shared/protocol/units.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import type { LineOptions } from "../emulator/line-options.ts";
import { FULL_PACKET, lineOf } from "./lines.ts";
import type { SimulatedLine } from "./simulated-client.ts";
import { Simulation } from "./simulation.ts";
import { Stream } from "./stream.ts";

const LOSSY: Partial<LineOptions> = { loss: { kind: "random", probability: 0.06 } };

describe("A link's use", () => {
  let crypto: HandshakeCrypto;

  before(async () => {
    crypto = await createHandshakeCrypto();
  });

  it("is none for a fallback line at either end, until the other is cut, and 300 ms later all goes there", () => {
    const { simulation, stream } = start([lineOf(20, 10), withTerms(lineOf(10, 20), { isFallbackOnly: true })], 501);
    simulation.run(seconds(3), milliseconds(2), () => stream.send(FULL_PACKET));
    const carried = simulation.downs[1]?.counts().delivered.bytes ?? 0;

    simulation.ups[0]?.cut(simulation.now);
    simulation.downs[0]?.cut(simulation.now);
    simulation.run(seconds(5), milliseconds(2), () => stream.send(FULL_PACKET));

    assert.ok(carried < 30_000, `${carried} bytes on the fallback line`);
    const gap = stream.longestGap(2900, 5000);
    assert.ok(gap < 300, `${gap} ms without a packet`);
  });

  it("is none again for a fallback line once the other is back", () => {
    const { simulation, stream } = start([lineOf(20, 10), withTerms(lineOf(10, 20), { isFallbackOnly: true })], 502);
    simulation.ups[0]?.cut(simulation.now);
    simulation.downs[0]?.cut(simulation.now);
    simulation.run(seconds(4), milliseconds(5), () => stream.send(FULL_PACKET));

    simulation.ups[0]?.restore(simulation.now);
    simulation.downs[0]?.restore(simulation.now);
    simulation.run(seconds(8), milliseconds(5), () => stream.send(FULL_PACKET));

    assert.deepEqual(uses(simulation), ["used", "reserved"]);
  });

  it("ends when more is lost than is tolerated, and begins again by a trial when the line is better", () => {
    const { simulation, stream } = start(
      [lineOf(20, 10), withTerms(lineOf(20, 10, LOSSY), { lossTolerance: 0.02 })],
      503,
    );
    const pump = () => stream.saturate(FULL_PACKET);
    simulation.run(seconds(8), milliseconds(1), pump);
    const whileLossy = uses(simulation);
    for (const line of [simulation.ups[1], simulation.downs[1]])
      line?.change({ loss: { kind: "none" } }, simulation.now);

    simulation.run(seconds(30), milliseconds(1), pump);

    assert.deepEqual(
      [whileLossy, uses(simulation)],
      [
        ["used", "reserved"],
        ["used", "used"],
      ],
    );
    stream.checkOrder();
    const told = simulation.events.filter(
      ({ end, event }) => end === "server" && event.kind === "decided" && event.decision.kind === "use",
    );
    assert.equal(told.length, 2);
  });

  it("of a worse tier is only what the better one has no room for", () => {
    const lines = [lineOf(20, 10), withTerms(lineOf(20, 5), { priority: 2 })];
    const { simulation, stream } = start(lines, 504);
    // 12 Mbit/s, and then more than the first line carries.
    simulation.run(seconds(3), milliseconds(1), () => stream.send(FULL_PACKET));
    const little = simulation.downs[1]?.counts().delivered.bytes ?? 0;

    simulation.run(seconds(5), milliseconds(1), () => stream.saturate(FULL_PACKET));

    const much = simulation.downs[1]?.counts().delivered.bytes ?? 0;
    assert.ok(little < 60_000, `${little} bytes on the worse tier`);
    assert.ok(much > 3_000_000, `${much} bytes on the worse tier`);
  });

  function start(lines: readonly SimulatedLine[], seed: number) {
    const simulation = new Simulation({ lines, seed, crypto });
    simulation.connect();
    return { simulation, stream: new Stream(simulation, { direction: "down" }) };
  }
});

function withTerms(line: SimulatedLine, terms: Partial<LineTerms>): SimulatedLine {
  return { ...line, terms };
}

/** Of the links at the end that sends, the server. */
function uses(simulation: Simulation): string[] | undefined {
  return simulation.serverTunnel?.links.map(({ use }) => use.kind);
}
