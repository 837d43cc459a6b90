import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { bytes, megabitsPerSecond, milliseconds } from "../../shared/protocol/units.ts";
import type { LineOptions } from "../emulator/line-options.ts";
import { Relay } from "./relay/relay.ts";
import { Lab } from "./toolkit/lab.ts";
import type { Namespace } from "./toolkit/namespace.ts";
import { missingForLab } from "./toolkit/requirements.ts";
import type { ProbeReport } from "./tools/udp-probe.ts";

const HEADERS = 28;
const FULL_PAYLOAD = 1472;
const SMALL_PAYLOAD = 100;
const PORT = "9000";
const FAR = "10.9.0.2";

// Real UDP datagrams between two namespaces whose only connection is the relay. A probe stamps each with the machine's
// monotonic clock as it is sent, and another looks at the same clock as it is received, so that delays are one way.
// Rates are counted at the receiver, IP headers included, from the first to the last arrival.
describe("The lab's relay", { skip: missingForLab(), timeout: 120_000 }, () => {
  let lab: Lab;
  let near: Namespace;
  let far: Namespace;
  let relay: Relay;

  before(async () => {
    lab = await Lab.create();
    near = await lab.namespace("near");
    far = await lab.namespace("far");
    relay = await startRelay(lab, near, far);
  });

  after(async () => {
    await lab.close();
  });

  for (const megabits of [5, 20, 100]) {
    it(`carries ${megabits} Mbit/s within 3 %`, async (context) => {
      await relay.change("line", { up: lineOf(megabits, 10) });
      const perSecond = Math.round((megabits * 125_000 * 1.25) / (FULL_PAYLOAD + HEADERS));

      const report = await probe(lab, near, far, FULL_PAYLOAD, perSecond, 3);

      const received = report.bytes + (report.datagrams - 1) * HEADERS - FULL_PAYLOAD;
      const measured = (received * 8) / 1000 / (report.lastAt - report.firstAt);
      context.diagnostic(`${megabits} Mbit/s: measured ${measured.toFixed(3)}`);
      assert.ok(Math.abs(measured / megabits - 1) < 0.03, `measured ${measured} Mbit/s`);
    });

    it(`delays packets by 10 ms within 1 ms at ${megabits} Mbit/s`, async (context) => {
      await relay.change("line", { up: lineOf(megabits, 10) });

      const { delaysMs } = await probe(lab, near, far, SMALL_PAYLOAD, 200, 2);

      const expected = 10 + ((SMALL_PAYLOAD + HEADERS) * 8) / 1000 / megabits;
      const sorted = delaysMs.toSorted((a, b) => a - b);
      const quantile = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
      context.diagnostic(
        `expected ${expected.toFixed(3)} ms, median ${quantile(0.5).toFixed(3)}, 95 % ${quantile(0.95).toFixed(3)}`,
      );
      assert.ok(Math.abs(quantile(0.5) - expected) < 1, `median ${quantile(0.5)} ms`);
    });
  }

  it("loses, counts and duplicates as the emulator says", async () => {
    await relay.change("line", {
      up: { ...lineOf(20, 1), loss: { kind: "random", probability: 0.1 }, duplication: 0.1 },
    });
    const before = await relay.counts("line");

    const report = await probe(lab, near, far, SMALL_PAYLOAD, 1000, 2);

    const { up } = await relay.counts("line");
    assert.equal(up.sent.packets - before.up.sent.packets, 2000);
    assert.equal(report.datagrams, up.delivered.packets - before.up.delivered.packets);
    assert.equal(report.duplicates, up.duplicated.packets - before.up.duplicated.packets);
    assert.ok(Math.abs((up.dropped.loss.packets - before.up.dropped.loss.packets) / 2000 - 0.1) < 0.04);
  });

  it("delivers nothing while a line is cut, and again once it is restored", async () => {
    await relay.change("line", { up: { ...lineOf(20, 1), loss: { kind: "none" }, duplication: 0 } });
    await relay.cut("line");
    const whileCut = await probe(lab, near, far, SMALL_PAYLOAD, 100, 0.5);
    await relay.restore("line");
    const afterwards = await probe(lab, near, far, SMALL_PAYLOAD, 100, 0.5);

    assert.deepEqual([whileCut.datagrams, afterwards.datagrams], [0, 50]);
  });

  it("says what is wrong with an order it cannot carry out", async () => {
    await assert.rejects(relay.cut("no such line"), /there is no line no such line/);
  });
});

function lineOf(megabits: number, delay: number): Partial<LineOptions> {
  return {
    rate: megabitsPerSecond(megabits),
    delay: milliseconds(delay),
    queue: { kind: "time", limit: milliseconds(50) },
    mtu: bytes(1500),
  };
}

async function startRelay(lab: Lab, near: Namespace, far: Namespace): Promise<Relay> {
  const space = await lab.namespace("relay");
  const line = { name: "line", homeDevice: "line0", internetDevice: "line1", up: {}, down: {}, seed: 1 };
  const relay = await Relay.start(lab, space, [line]);
  await space.ip(`link set line0 netns ${near.fullName}`, `link set line1 netns ${far.fullName}`);
  await near.ip(`address add 10.9.0.1 peer ${FAR} dev line0`, "link set line0 txqueuelen 5000 up");
  await far.ip(`address add ${FAR} peer 10.9.0.1 dev line1`, "link set line1 txqueuelen 5000 up");
  return relay;
}

async function probe(
  lab: Lab,
  near: Namespace,
  far: Namespace,
  size: number,
  perSecond: number,
  seconds: number,
): Promise<ProbeReport> {
  const program = "test/lab/tools/udp-probe.js";
  const receiver = lab.startProgram(far, program, ["receive", PORT]);
  await receiver.line(/^ready$/);
  const sender = lab.startProgram(near, program, [
    "send",
    FAR,
    PORT,
    String(size),
    String(perSecond),
    String(seconds),
  ]);
  await sender.success(seconds * 1000 + 10_000);
  receiver.signal("SIGTERM");
  const [, json = ""] = await receiver.line(/^received (.*)$/);
  return JSON.parse(json);
}
