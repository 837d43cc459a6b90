import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { formatDuration, parseDuration } from "../../shared/config/values/duration.ts";
import { integer, parseYesNo, wholeNumber } from "../../shared/config/values/plain.ts";
import { formatRate, parseRate } from "../../shared/config/values/rate.ts";
import { formatSize, parseSize } from "../../shared/config/values/size.ts";
import { bytes, bytesPerSecond, milliseconds } from "../../shared/protocol/units.ts";

describe("A rate", () => {
  const rates: readonly (readonly [string, number])[] = [
    ["1250000", 1_250_000],
    ["10 Mbit/s", 1_250_000],
    ["10Mbit/s", 1_250_000],
    ["10 mbit/s", 1_250_000],
    ["10 MBit/s", 1_250_000],
    ["10 Mbit", 1_250_000],
    ["10 Mbps", 1_250_000],
    ["10 mbps", 1_250_000],
    ["10 Mb/s", 1_250_000],
    ["2.5 Gbit/s", 312_500_000],
    ["800 kbit/s", 100_000],
    ["800 Kbit/s", 100_000],
    ["16000 bit/s", 2000],
    ["5000 B/s", 5000],
    ["100 kB/s", 100_000],
    ["1.25 MB/s", 1_250_000],
    ["1.25 MBps", 1_250_000],
    ["2 GB/s", 2_000_000_000],
  ];
  for (const [text, expected] of rates) {
    it(`reads ${text} as ${expected} bytes per second`, () => {
      assert.equal(parseRate(text), expected);
    });
  }

  for (const text of [
    "",
    "fast",
    "10",
    "0",
    "-5",
    "1e6",
    "10 Mbit/h",
    "10 MiB/s",
    "10,5 Mbit/s",
    "auto",
    "2 - 30 Mbit/s",
    "1000 Gbit/s x",
    "9999 GB/s",
  ]) {
    it(`refuses "${text}"`, () => {
      assert.equal(parseRate(text), undefined);
    });
  }

  it("is read again as it was printed", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1000, max: 125_000_000_000 }), (rate) => {
        assert.equal(parseRate(formatRate(bytesPerSecond(rate))), rate);
      }),
    );
  });

  it("is printed in bits, as lines are sold", () => {
    assert.equal(formatRate(bytesPerSecond(1_250_000)), "10 Mbit/s");
    assert.equal(formatRate(bytesPerSecond(1_250_001)), "10.000008 Mbit/s");
    assert.equal(formatRate(bytesPerSecond(12_500)), "100 kbit/s");
    assert.equal(formatRate(bytesPerSecond(125_000_000)), "1 Gbit/s");
  });
});

describe("A duration", () => {
  const durations: readonly (readonly [string, number])[] = [
    ["5", 5000],
    ["0.25", 250],
    ["250 ms", 250],
    ["250ms", 250],
    ["1.5 s", 1500],
    ["2 min", 120_000],
    ["1 h", 3_600_000],
  ];
  for (const [text, expected] of durations) {
    it(`reads ${text} as ${expected} ms`, () => {
      assert.equal(parseDuration(text), expected);
    });
  }

  for (const text of ["", "0", "-1", "soon", "5 m", "1 d", "5 S", "1000 h", "1 000"]) {
    it(`refuses "${text}"`, () => {
      assert.equal(parseDuration(text), undefined);
    });
  }

  it("is read again as it was printed", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_592_000_000_000 }), (microseconds) => {
        const duration = milliseconds(microseconds / 1000);

        assert.equal(parseDuration(formatDuration(duration)), duration);
      }),
    );
  });

  it("is printed in its largest whole unit", () => {
    assert.equal(formatDuration(milliseconds(250)), "250 ms");
    assert.equal(formatDuration(milliseconds(5000)), "5 s");
    assert.equal(formatDuration(milliseconds(120_000)), "2 min");
    assert.equal(formatDuration(milliseconds(7_200_000)), "2 h");
  });
});

describe("A size", () => {
  const sizes: readonly (readonly [string, number])[] = [
    ["65535", 65_535],
    ["1500 B", 1500],
    ["64 KiB", 65_536],
    ["64 kB", 64_000],
    ["64 KB", 64_000],
    ["1.5 MiB", 1_572_864],
    ["50 GB", 50_000_000_000],
  ];
  for (const [text, expected] of sizes) {
    it(`reads ${text} as ${expected} bytes`, () => {
      assert.equal(parseSize(text), expected);
    });
  }

  for (const text of ["", "big", "-1", "5 kb", "5 XB", "5 Mbit", "99999999999999999"]) {
    it(`refuses "${text}"`, () => {
      assert.equal(parseSize(text), undefined);
    });
  }

  it("is read again as it was printed", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (size) => {
        assert.equal(parseSize(formatSize(bytes(size))), size);
      }),
    );
  });
});

describe("Yes and no", () => {
  it("have four spellings each, in any case", () => {
    assert.deepEqual(["yes", "true", "on", "1", "Yes"].map(parseYesNo), [true, true, true, true, true]);
    assert.deepEqual(["no", "false", "off", "0", "OFF"].map(parseYesNo), [false, false, false, false, false]);
    assert.deepEqual(["", "y", "2", "maybe"].map(parseYesNo), [undefined, undefined, undefined, undefined]);
  });
});

describe("A whole number", () => {
  const port = wholeNumber(1, 65535);

  it("is decimal or hexadecimal and lies within its bounds", () => {
    assert.deepEqual(["1", "65535", "0x51"].map(port), [1, 65535, 81]);
    assert.deepEqual(["0", "65536", "-1", "1.5", "1e3", "0b1", "", " 5"].map(port), Array(8).fill(undefined));
  });
});

describe("An integer", () => {
  it("may be negative and lies within its bounds", () => {
    const nice = integer(-20, 19);

    assert.deepEqual(["-20", "0", "19"].map(nice), [-20, 0, 19]);
    assert.deepEqual(["-21", "20", "--1", "+1", "-", "0x5", ""].map(nice), Array(7).fill(undefined));
  });
});
