import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { QualityReporter } from "../../shared/protocol/link/quality-reporter.ts";
import { megabitsPerSecond, milliseconds, NEVER } from "../../shared/protocol/units.ts";
import {
  LARGEST_QUALITY_REPORT,
  QualityReport,
  readQualityReport,
} from "../../shared/protocol/wire/quality-report.ts";

const SESSION = 0x123456;
const OUTER = 28 + 24;
const SIZE = 1428;

describe("A quality reporter", () => {
  it("is silent while nothing arrives that needs a report", () => {
    const reporter = new QualityReporter();

    assert.equal(reporter.nextTimeout(), NEVER);
    reporter.onPacket(SESSION, 0, 80, false, milliseconds(0));

    assert.equal(reporter.nextTimeout(), NEVER);
    assert.ok(!reporter.isDue(milliseconds(10_000)));
  });

  it("reports a lone packet after 66 ms, with when it arrived, and then is silent", () => {
    const reporter = new QualityReporter();
    reporter.onPacket(SESSION, 0, 100, true, milliseconds(1000));

    assert.equal(reporter.nextTimeout(), 1066);
    const report = written(reporter, 1066);

    assert.deepEqual(
      [report.session, report.highest, report.receivedBytes, report.arrival, report.described],
      [SESSION, 0, 100, 1_000_000, 0],
    );
    assert.ok(Math.abs((report.hold ?? 0) - 66) < 0.02);
    assert.equal(reporter.nextTimeout(), NEVER);
  });

  it("reports every 25 ms on a fast line, and takes well under 1 % of what it describes", () => {
    const { reports, reportBytes, bytes } = receive({ rate: 100, feedback: 1000, seconds: 10 });

    assert.ok(reports >= 390 && reports <= 401, `${reports}`);
    assert.ok(reportBytes / bytes < 0.001);
  });

  it("takes less than 1 % of a 1 Mbit/s line's data, which it describes more seldom", () => {
    const { reports, reportBytes, bytes } = receive({ rate: 1, feedback: 100, seconds: 20 });

    assert.ok(reportBytes / bytes < 0.01, `${reportBytes / bytes}`);
    assert.ok(reports >= 20 * 13, `${reports}`);
  });

  it("takes less than 3 % of a 1 Mbit/s uplink for the reports of a 100 Mbit/s downlink", () => {
    const { reports, reportBytes } = receive({ rate: 100, feedback: 1, seconds: 10 });

    const uplinkBytes = 10 * 125_000;
    assert.ok(reportBytes / uplinkBytes < 0.03, `${reportBytes / uplinkBytes}`);
    assert.ok(reports >= 10 * 20, `${reports}`);
  });

  it("stays below that with 5 % of loss, each of which would be urgent", () => {
    const { reportBytes, bytes } = receive({ rate: 100, feedback: 1, seconds: 10, loses: (n) => n % 20 === 7 });

    assert.ok(reportBytes / (10 * 125_000) < 0.03);
    assert.ok(reportBytes / bytes < 0.01);
  });

  it("reports a gap as soon as the third packet after it is there, 10 ms after the last report", () => {
    const reporter = new QualityReporter();
    for (let number = 0; number < 20; number++) reporter.onPacket(SESSION, number, SIZE, true, milliseconds(number));
    written(reporter, 25);
    for (let number = 20; number < 30; number++) reporter.onPacket(SESSION, number, SIZE, true, milliseconds(26));
    assert.equal(reporter.nextTimeout(), 50);

    reporter.onPacket(SESSION, 31, SIZE, true, milliseconds(27));
    reporter.onPacket(SESSION, 32, SIZE, true, milliseconds(27));
    assert.equal(reporter.nextTimeout(), 50);
    reporter.onPacket(SESSION, 33, SIZE, true, milliseconds(27));

    assert.equal(reporter.nextTimeout(), 35);
    assert.deepEqual(missingOf(written(reporter, 35)), [30]);
  });

  it("does not take a gap for a loss that is filled in time", () => {
    const reporter = new QualityReporter();
    for (const number of [0, 1, 2, 4, 3, 5, 6, 7, 8, 9, 10, 11, 12]) {
      reporter.onPacket(SESSION, number, SIZE, true, milliseconds(100));
    }
    assert.deepEqual(missingOf(written(reporter, 125)), []);
  });

  it("finds a busy link quiet after 40 ms without a packet, once until the next one", () => {
    const reporter = new QualityReporter();
    for (let number = 0; number < 60; number++) {
      reporter.onPacket(SESSION, number, SIZE, true, milliseconds(number));
      if (number % 30 === 29) written(reporter, number);
    }
    assert.equal(reporter.quietAt, 59 + 40);

    reporter.onQuiet();

    assert.equal(reporter.quietAt, NEVER);
    reporter.onPacket(SESSION, 60, SIZE, true, milliseconds(120));
    assert.equal(reporter.quietAt, 120 + 40);
  });

  it("finds no link quiet whose packets came more than 25 ms apart, and a slow one after four gaps", () => {
    const [seldom, slow] = [new QualityReporter(), new QualityReporter()];
    for (let number = 0; number < 20; number++) {
      seldom.onPacket(SESSION, number, SIZE, true, milliseconds(number * 40));
      slow.onPacket(SESSION, number, SIZE, true, milliseconds(number * 15));
      if (number % 4 === 3)
        for (const [reporter, gap] of [
          [seldom, 40],
          [slow, 15],
        ] as const)
          written(reporter, number * gap);
    }

    assert.equal(seldom.quietAt, NEVER);
    assert.equal(slow.quietAt, 19 * 15 + 4 * 15);
  });

  it("repeats what two reports before said, so that two may be lost", () => {
    const reporter = new QualityReporter();
    let now = 0;
    for (let number = 0; number < 3000; number++) {
      now = number * 0.25;
      reporter.onPacket(SESSION, number, SIZE, true, milliseconds(now));
      if (number % 300 === 299 && number < 2999) written(reporter, now);
    }

    const report = written(reporter, now);

    assert.ok(report.described >= 899, `${report.described}`);
    assert.deepEqual(missingOf(report), []);
  });

  it("tells the rest of a session when the next one begins", () => {
    const reporter = new QualityReporter();
    for (const number of [0, 1, 3]) reporter.onPacket(SESSION, number, SIZE, true, milliseconds(0));

    reporter.onPacket(SESSION + 1, 0, SIZE, true, milliseconds(5));
    reporter.onPacket(SESSION, 2, SIZE, true, milliseconds(6));

    assert.ok(reporter.isDue(milliseconds(6)));
    const farewell = written(reporter, 6);
    assert.deepEqual([farewell.session, farewell.highest, missingOf(farewell)], [SESSION, 3, [2]]);
    assert.ok(!reporter.isDue(milliseconds(6)));
    const next = written(reporter, 71);
    assert.deepEqual([next.session, next.highest, next.receivedBytes, next.serial], [SESSION + 1, 0, SIZE, 0]);
  });

  it("describes at most 4096 numbers, and reports early when a line is so fast", () => {
    const reporter = new QualityReporter();
    let now = 0;
    let longest = 0;
    for (let number = 0; number < 100_000; number++) {
      now = number * 0.005;
      reporter.onPacket(SESSION, number, SIZE, true, milliseconds(now));
      if (reporter.isDue(milliseconds(now))) longest = Math.max(longest, written(reporter, now).described);
    }

    assert.ok(longest >= 3000 && longest < 4096, `${longest}`);
  });

  it("remembers the first packets of a session while its history grows, and not those of the session before", () => {
    const reporter = new QualityReporter();
    const lost = [3, 63, 64, 200, 256, 1023, 1024];
    for (let number = 0; number <= 1100; number++) {
      if (!lost.includes(number)) reporter.onPacket(SESSION, number, SIZE, true, milliseconds(1));
    }

    assert.deepEqual(missingOf(written(reporter, 30)), lost);

    reporter.onPacket(SESSION + 1, 70, SIZE, true, milliseconds(40));
    assert.equal(missingOf(written(reporter, 120)).length, 70);
  });

  it("forgets marks of packet numbers that lie a whole history back", () => {
    const reporter = new QualityReporter();
    for (let number = 0; number < 4096; number++) reporter.onPacket(SESSION, number, SIZE, true, milliseconds(1));
    written(reporter, 25);

    reporter.onPacket(SESSION, 4100, SIZE, true, milliseconds(26));
    reporter.onPacket(SESSION, 12_000, SIZE, true, milliseconds(27));

    const report = written(reporter, 60);
    assert.equal(report.described, 4095);
    assert.equal(missingOf(report).length, 4095);
  });

  it("wraps bytes, times and numbers at 32 bits", () => {
    const reporter = new QualityReporter();
    reporter.onPacket(SESSION, 2 ** 32 + 5, 2 ** 31, true, milliseconds(4_294_968));
    reporter.onPacket(SESSION, 2 ** 32 + 6, 2 ** 31 + 9, true, milliseconds(4_294_968));

    const report = written(reporter, 4_294_968);

    assert.deepEqual([report.highest, report.receivedBytes, report.arrival], [6, 9, 704]);
  });
});

type Traffic = { rate: number; feedback: number; seconds: number; loses?: (number: number) => boolean };

function receive({ rate, feedback, seconds, loses = () => false }: Traffic) {
  const reporter = new QualityReporter();
  reporter.setFeedbackRate(megabitsPerSecond(feedback));
  const gap = (SIZE * 1000) / megabitsPerSecond(rate);
  const frame = new Uint8Array(LARGEST_QUALITY_REPORT);
  const total = { reports: 0, reportBytes: 0, bytes: 0 };
  let number = 0;
  for (let now = milliseconds(0); now < seconds * 1000; now = milliseconds(now + 0.5)) {
    for (; number * gap <= now; number++) {
      if (loses(number)) continue;
      reporter.onPacket(SESSION, number, SIZE, true, now);
      total.bytes += SIZE;
    }
    if (!reporter.isDue(now)) continue;
    total.reports++;
    total.reportBytes += reporter.write(frame, 0, OUTER, now) + OUTER;
  }
  return total;
}

function written(reporter: QualityReporter, now: number): QualityReport {
  const frame = new Uint8Array(LARGEST_QUALITY_REPORT);
  const report = new QualityReport();
  const size = reporter.write(frame, 0, OUTER, milliseconds(now));
  assert.ok(readQualityReport(frame, 0, size, report));
  return report;
}

function missingOf(report: QualityReport): number[] {
  return Array.from({ length: report.described }, (_, index) => index + 1)
    .filter((below) => !report.isReceived(below))
    .map((below) => report.highest - below)
    .reverse();
}
