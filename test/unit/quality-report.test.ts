import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { milliseconds } from "../../shared/protocol/units.ts";
import {
  DESCRIBED_LIMIT,
  LARGEST_QUALITY_REPORT,
  QUALITY_HEADER_SIZE,
  QualityReport,
  readQualityReport,
  writeQualityReport,
} from "../../shared/protocol/wire/quality-report.ts";
import { Random } from "../emulator/random.ts";

describe("A link quality report", () => {
  it("is written byte by byte as its table says", () => {
    const report = reportOf({ described: 40, missing: [5] });
    const bytes = new Uint8Array(LARGEST_QUALITY_REPORT + 2).fill(0xaa);

    const size = writeQualityReport(bytes, 1, report);

    assert.equal(
      Buffer.from(bytes.subarray(1, 1 + size)).toString("hex"),
      "c025 01 010203 abcd fffffff0 80000001 00989680 007d 0028 040123".replaceAll(" ", ""),
    );
    assert.equal(bytes[0], 0xaa);
    assert.equal(bytes[1 + size], 0xaa);
  });

  it("says in two bytes that a thousand packets arrived", () => {
    const size = writeQualityReport(new Uint8Array(LARGEST_QUALITY_REPORT), 0, reportOf({ described: 1000 }));

    assert.equal(size, QUALITY_HEADER_SIZE + 2);
  });

  it("takes the bitmap when run lengths are longer", () => {
    const missing = Array.from({ length: 400 }, (_, index) => 2 * index + 1);
    const bytes = new Uint8Array(LARGEST_QUALITY_REPORT);
    const read = new QualityReport();

    const size = writeQualityReport(bytes, 0, reportOf({ described: 801, missing }));

    assert.equal(size, QUALITY_HEADER_SIZE + 101);
    assert.equal(bytes[2], 0);
    assert.ok(readQualityReport(bytes, 0, size, read));
    for (let below = 1; below <= 801; below++) assert.equal(read.isReceived(below), !missing.includes(below));
  });

  it("has no hold when that was longer than its field", () => {
    const report = reportOf({ described: 0 });
    report.hold = milliseconds(2000);
    const bytes = new Uint8Array(LARGEST_QUALITY_REPORT);
    const read = new QualityReport();

    const size = writeQualityReport(bytes, 0, report);

    assert.ok(readQualityReport(bytes, 0, size, read));
    assert.equal(read.hold, undefined);
  });

  it("is refused when it is cut anywhere", () => {
    for (const missing of [[5], Array.from({ length: 30 }, (_, index) => 2 * index + 1)]) {
      const bytes = new Uint8Array(LARGEST_QUALITY_REPORT);
      const size = writeQualityReport(bytes, 0, reportOf({ described: 60, missing }));

      for (let length = 0; length < size; length++) {
        assert.ok(!readQualityReport(bytes, 0, length, new QualityReport()), `cut to ${length}`);
      }
    }
  });

  it("is refused with another protocol, an unknown encoding, too many numbers, or runs that do not add up", () => {
    const size = QUALITY_HEADER_SIZE + 2;
    for (const [offset, value] of [
      [1, 0x21],
      [2, 2],
      [22, (DESCRIBED_LIMIT + 256) >> 8],
      [23, 99],
      [QUALITY_HEADER_SIZE, 0x80],
      [QUALITY_HEADER_SIZE + 1, 0x80],
    ] as const) {
      const bytes = new Uint8Array(size);
      writeQualityReport(bytes, 0, reportOf({ described: 1000 }));
      bytes[offset] = value;

      assert.ok(!readQualityReport(bytes, 0, size, new QualityReport()), `byte ${offset}`);
    }
  });

  it("needs at most what its header and a bitmap need, also with random loss", () => {
    const random = new Random(1);
    const sizes = [0.01, 0.05, 0.1, 0.5].map((loss) => {
      const missing = Array.from({ length: 1000 }, (_, index) => index + 1).filter(() => random.happens(loss));
      return writeQualityReport(new Uint8Array(LARGEST_QUALITY_REPORT), 0, reportOf({ described: 1000, missing }));
    });

    assert.ok((sizes[0] ?? 0) <= QUALITY_HEADER_SIZE + 40, `${sizes}`);
    assert.ok(sizes.every((size) => size <= QUALITY_HEADER_SIZE + 125));
  });
});

function reportOf({ described, missing = [] }: { described: number; missing?: readonly number[] }): QualityReport {
  const report = new QualityReport();
  report.session = 0x010203;
  report.serial = 0xabcd;
  report.highest = 0xfffffff0;
  report.receivedBytes = 0x80000001;
  report.arrival = 10_000_000;
  report.hold = milliseconds(2);
  report.described = described;
  report.fillReceived(1, described, true);
  for (const below of missing) report.setReceived(below, false);
  return report;
}
