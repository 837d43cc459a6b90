import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { Decision } from "../../shared/protocol/decisions.ts";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import { megabitsPerSecond, milliseconds } from "../../shared/protocol/units.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { FULL_PACKET, lineOf } from "./lines.ts";
import { Simulation, type SimulationOptions } from "./simulation.ts";
import { Stream } from "./stream.ts";

const STEP = milliseconds(1);

describe("The decisions of a bundle", () => {
  let crypto: HandshakeCrypto;

  before(async () => {
    crypto = await createHandshakeCrypto();
  });

  it("tell of a line that is cut: silence, its end, its return, with the measured times", () => {
    const { simulation, saturate } = loaded({ lines: [lineOf(20, 10), lineOf(20, 10)], seed: 41, crypto });
    simulation.run(milliseconds(3000), STEP, saturate);

    simulation.cut(1);
    simulation.run(milliseconds(5000), STEP, saturate);
    simulation.restore(1);
    simulation.run(milliseconds(8000), STEP, saturate);

    const later = decisions(simulation).filter(({ at, decision }) => at > 3000 && decision.link === "line1");
    const [silent] = later.filter(({ decision }) => decision.kind === "silent");
    assert.ok(silent !== undefined && silent.decision.kind === "silent");
    assert.ok(silent.at < 3400, `${silent.at}`);
    assert.ok(silent.decision.unansweredMs > 50 && silent.decision.unansweredMs < 400);
    assert.ok(silent.decision.unansweredPackets > 10, `${silent.decision.unansweredPackets}`);
    const states = later.flatMap(({ decision }) => (decision.kind === "state" ? [decision.state] : []));
    assert.deepEqual(states, ["probing", "up"]);
  });

  it("tell of a line that is cut for a moment only: how long it was silent, and what was sent again", () => {
    const { simulation, saturate } = loaded({ lines: [lineOf(20, 10), lineOf(20, 10)], seed: 42, crypto });
    simulation.run(milliseconds(3000), STEP, saturate);

    simulation.cut(1);
    simulation.run(milliseconds(3300), STEP, saturate);
    simulation.restore(1);
    simulation.run(milliseconds(6000), STEP, saturate);

    const answering = decisions(simulation).find(({ decision }) => decision.kind === "answering")?.decision;
    assert.ok(answering?.kind === "answering" && answering.link === "line1");
    assert.ok(answering.silentMs > 200 && answering.silentMs < 600, `${answering.silentMs}`);
    assert.ok(answering.sentAgainPackets > 10, `${answering.sentAgainPackets}`);
  });

  it("tell of a line that carries half of what is configured, and say so once", () => {
    const slow = { ...lineOf(10, 10), uploadRate: megabitsPerSecond(20) };
    const { simulation, saturate } = loaded({ lines: [slow], seed: 43, crypto });

    simulation.run(milliseconds(10_000), STEP, saturate);

    const about = decisions(simulation).map(({ decision }) => decision);
    const rates = about.filter((decision) => decision.kind === "rate");
    const verdicts = about.filter((decision) => decision.kind === "configured rate");
    assert.ok(rates[0]?.isFirst === true && rates[0].rateState === "following");
    assert.ok(Math.abs(rates[0].toBytesPerSecond / 1_250_000 - 1) < 0.2, `${rates[0].toBytesPerSecond}`);
    assert.deepEqual(
      verdicts.map(({ verdict, configuredBytesPerSecond }) => [verdict, configuredBytesPerSecond]),
      [["too high", 2_500_000]],
    );
  });

  it("tell of the path's MTU once it is found", () => {
    const { simulation } = loaded({ lines: [lineOf(20, 10)], seed: 44, crypto });

    simulation.run(milliseconds(3000));

    const found = decisions(simulation).find(({ decision }) => decision.kind === "mtu")?.decision;
    assert.deepEqual(found, { kind: "mtu", link: "line0", fromBytes: 1200, toBytes: 1500 });
  });

  it("tell when bulk takes a farther line into use, by what waited", () => {
    const { simulation, saturate } = loaded({ lines: [lineOf(20, 5), lineOf(20, 25)], seed: 45, crypto });
    simulation.run(milliseconds(3000));

    simulation.run(milliseconds(6000), STEP, saturate);

    const about = decisions(simulation).map(({ decision }) => decision);
    const ofFarther = about.filter(({ kind, link }) => link === "line1" && /^bulk/.test(kind));
    const begins = ofFarther.find(({ kind }) => kind === "bulk begins");
    assert.ok(begins?.kind === "bulk begins" && begins.fartherMs > 15 && begins.waitMs >= begins.fartherMs);
  });

  it("are few, however long the bundle is busy", () => {
    const { simulation, saturate } = loaded({ lines: [lineOf(20, 5), lineOf(20, 25)], seed: 46, crypto });

    simulation.run(milliseconds(20_000), STEP, saturate);

    assert.ok(simulation.client.tunnel.decisions.records.length < 40);
  });
});

function loaded(options: SimulationOptions) {
  const simulation = new Simulation(options);
  simulation.connect();
  const stream = new Stream(simulation, { direction: "up" });
  return { simulation, saturate: () => stream.saturate(FULL_PACKET) };
}

function decisions({ events }: Simulation): { at: number; decision: Decision }[] {
  return events.flatMap(({ end, at, event }) =>
    end === "client" && event.kind === "decided" ? [{ at, decision: event.decision }] : [],
  );
}
