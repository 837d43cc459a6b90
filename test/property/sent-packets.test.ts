import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { QualityReporter } from "../../shared/protocol/link/quality-reporter.ts";
import { RoundTripTime } from "../../shared/protocol/link/round-trip-time.ts";
import { SentPackets } from "../../shared/protocol/link/sent-packets.ts";
import { bytes, milliseconds } from "../../shared/protocol/units.ts";
import {
  LARGEST_QUALITY_REPORT,
  QualityReport,
  readQualityReport,
} from "../../shared/protocol/wire/quality-report.ts";
import { LineEmulator } from "../emulator/line-emulator.ts";
import { Random } from "../emulator/random.ts";
import { recordWatched } from "../support/watched.ts";

type Packet = { readonly session: number; readonly number: number; readonly position: number; readonly size: number };

describe("Reports and the packets sent", () => {
  it("agree on what arrived and what did not, through loss, reordering, lost reports and new keys", () => {
    const line = fc.record({
      loss: fc.constantFrom(0, 0.01, 0.1, 0.4),
      jitter: fc.constantFrom(0, 5, 40),
      reportLoss: fc.constantFrom(0, 0.1, 0.3),
      packetsPerMillisecond: fc.constantFrom(0.1, 1, 8),
      sessionLength: fc.constantFrom(50, 1000, 1_000_000),
      seed: fc.integer(),
    });
    fc.assert(fc.property(line, checkAgreement), { numRuns: 60 });
  });
});

type Line = {
  readonly loss: number;
  readonly jitter: number;
  readonly reportLoss: number;
  readonly packetsPerMillisecond: number;
  readonly sessionLength: number;
  readonly seed: number;
};

function checkAgreement(options: Line): void {
  const random = new Random(options.seed);
  const delay = milliseconds(20);
  const loss = { kind: "random", probability: options.loss } as const;
  const line = new LineEmulator<Packet>(
    { delay, loss, jitter: milliseconds(options.jitter), mayReorder: true },
    options.seed,
  );
  const back = new LineEmulator<Uint8Array>(
    { delay, loss: { kind: "random", probability: options.reportLoss } },
    options.seed + 1,
  );
  const sent = new SentPackets(new RoundTripTime());
  const reporter = new QualityReporter();
  const arrived = new Set<number>();
  const fates = new Map<number, "acknowledged" | "lost">();
  let position = 0;
  let inFlight = 0;
  const settle = (): void => {
    for (let place = 0; place < sent.acknowledged.count; place++) {
      const at = sent.acknowledged.at(place);
      assert.ok(arrived.has(at), `${at} is acknowledged and did not arrive`);
      assert.notEqual(fates.get(at), "acknowledged");
      if (fates.get(at) === undefined) inFlight -= sent.size(at);
      fates.set(at, "acknowledged");
    }
    for (let place = 0; place < sent.lost.count; place++) {
      assert.equal(fates.get(sent.lost.at(place)), undefined);
      fates.set(sent.lost.at(place), "lost");
      inFlight -= sent.size(sent.lost.at(place));
    }
    assert.equal(sent.inFlightBytes, inFlight);
  };
  for (let now = milliseconds(0); now < 8000; now = milliseconds(now + 1)) {
    line.receive(now, ({ session, number, position: at, size }) => {
      arrived.add(at);
      reporter.onPacket(session, number, size, true, now);
    });
    while (reporter.isDue(now)) {
      const frame = new Uint8Array(LARGEST_QUALITY_REPORT);
      const size = reporter.write(frame, 0, 52, now);
      back.send(frame.subarray(0, size), bytes(size), now);
    }
    back.receive(now, (frame) => {
      const report = new QualityReport();
      assert.ok(readQualityReport(frame, 0, frame.length, report));
      sent.acknowledge(report, now);
      settle();
    });
    if (sent.nextTimeout() <= now) {
      sent.handleTimeout(now);
      settle();
    }
    if (now >= 3000) continue;
    const count =
      Math.floor(options.packetsPerMillisecond) + (random.happens(options.packetsPerMillisecond % 1) ? 1 : 0);
    for (let step = 0; step < count; step++) {
      const number = position % options.sessionLength;
      const session = 1 + Math.floor(position / options.sessionLength);
      const size = 100 + random.below(1300);
      if (number === 0) sent.restart(session);
      recordWatched(sent, number, size, now);
      line.send({ session, number, position, size }, bytes(size), now);
      inFlight += size;
      position++;
    }
  }
  assert.equal(sent.inFlightPackets, 0, "everything is acknowledged or lost in the end");
  assert.equal(fates.size, position);
  if (options.jitter > 0 || options.reportLoss > 0 || options.sessionLength <= 1000) return;
  const falselyLost = [...fates].filter(([at, fate]) => fate === "lost" && arrived.has(at)).length;
  assert.equal(falselyLost, 0);
}
