import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { milliseconds } from "../../shared/protocol/units.ts";
import {
  DESCRIBED_LIMIT,
  LARGEST_QUALITY_REPORT,
  QualityReport,
  readQualityReport,
  writeQualityReport,
} from "../../shared/protocol/wire/quality-report.ts";
import { Random } from "../emulator/random.ts";

describe("A link quality report", () => {
  it("is read as it was written", () => {
    const uint32 = fc.integer({ min: 0, max: 0xffffffff });
    const described = fc.integer({ min: 0, max: DESCRIBED_LIMIT });
    const loss = fc.constantFrom(0, 0.001, 0.05, 0.5, 0.95, 1);
    fc.assert(
      fc.property(
        uint32,
        uint32,
        uint32,
        described,
        loss,
        uint32,
        (highest, count, arrival, numbers, share, seed) => {
          const report = new QualityReport();
          const random = new Random(seed);
          Object.assign(report, { session: seed & 0xffffff, serial: seed >>> 16, highest, arrival });
          Object.assign(report, { receivedBytes: count, described: numbers, hold: milliseconds((seed % 1000) / 2) });
          for (let below = 1; below <= numbers; below++) report.setReceived(below, !random.happens(share));
          const bytes = new Uint8Array(LARGEST_QUALITY_REPORT + 10);
          const read = new QualityReport();

          const size = writeQualityReport(bytes, 0, report);

          assert.ok(size <= LARGEST_QUALITY_REPORT);
          assert.ok(readQualityReport(bytes, 0, size + (seed % 10), read));
          for (const name of ["session", "serial", "highest", "arrival", "receivedBytes", "described"] as const)
            assert.equal(read[name], report[name], name);
          assert.ok(Math.abs((read.hold ?? 0) - (report.hold ?? 0)) <= 0.016);
          for (let below = 1; below <= numbers; below++)
            assert.equal(read.isReceived(below), report.isReceived(below));
        },
      ),
    );
  });

  it("never throws, and never describes more than there are bytes for, whatever arrives", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.boolean(), (bytes, isClose) => {
        if (isClose && bytes.length > 23) bytes.set([0xc0, 0x25, bytes[2] === 0 ? 0 : 1], 0);
        const report = new QualityReport();

        if (readQualityReport(bytes, 0, bytes.length, report)) assert.ok(report.described <= DESCRIBED_LIMIT);
      }),
    );
  });
});
