import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { parseLineOverhead } from "../../shared/config/values/line-overhead.ts";
import {
  parseLatencyTolerance,
  parseLossTolerance,
  parsePriority,
  parseQuota,
  parseQuotaAction,
  parseResetDay,
} from "../../shared/config/values/link-limits.ts";
import { formatRateSetting, parseRateSetting } from "../../shared/config/values/rate-setting.ts";
import { frames, LINE_KINDS } from "../../shared/protocol/link/line-overhead.ts";
import { bytesPerSecond, NEVER } from "../../shared/protocol/units.ts";

describe("A rate setting", () => {
  it("is auto, for which mlvpn writes 0", () => {
    for (const text of ["auto", "AUTO", "0"]) assert.deepEqual(parseRateSetting(text), { kind: "auto" });
  });

  it("is a ceiling, in bytes per second or with a unit", () => {
    assert.deepEqual(parseRateSetting("1250000"), { kind: "ceiling", rate: 1_250_000 });
    assert.deepEqual(parseRateSetting("10 Mbit/s"), { kind: "ceiling", rate: 1_250_000 });
  });

  for (const [text, minimum, maximum] of [
    ["2 - 30 Mbit/s", 250_000, 3_750_000],
    ["2-30 Mbit/s", 250_000, 3_750_000],
    ["2 – 30Mbit/s", 250_000, 3_750_000],
    ["0.5 - 2.5 Mbit/s", 62_500, 312_500],
    ["500 kbit/s - 2 Mbit/s", 62_500, 250_000],
    ["250000 - 3750000", 250_000, 3_750_000],
    ["100 - 200 kB/s", 100_000, 200_000],
  ] as const) {
    it(`is a range: ${text}`, () => {
      assert.deepEqual(parseRateSetting(text), { kind: "range", minimum, maximum });
    });
  }

  for (const text of [
    ...[
      "",
      "fast",
      "2 - ",
      " - 30 Mbit/s",
      "30 - 2 Mbit/s",
      "2 - 2 Mbit/s",
      "2 - 30 - 40 Mbit/s",
      "2 Mbit/s - 3000000x",
    ],
    ...["-30 Mbit/s", "2 - auto", "2 - 30", "1 kbit/s - 1 Mbit/s", "2 .. 30 Mbit/s", "2 Mbit/s - 1 kbit/s"],
  ]) {
    it(`refuses "${text}"`, () => {
      assert.equal(parseRateSetting(text), undefined);
    });
  }

  it("is read again as it was printed", () => {
    const anyRate = fc.integer({ min: 1000, max: 125_000_000_000 }).map(bytesPerSecond);
    const anySetting = fc.oneof(
      fc.constant({ kind: "auto" } as const),
      anyRate.map((rate) => ({ kind: "ceiling", rate }) as const),
      fc
        .tuple(anyRate, anyRate)
        .filter(([minimum, maximum]) => minimum < maximum)
        .map(([minimum, maximum]) => ({ kind: "range", minimum, maximum }) as const),
    );
    fc.assert(
      fc.property(anySetting, (setting) => {
        assert.deepEqual(parseRateSetting(formatRateSetting(setting)), setting);
      }),
    );
  });
});

describe("A quota", () => {
  it("is a size of at least a megabyte", () => {
    assert.equal(parseQuota("50 GB"), 50_000_000_000);
    assert.equal(parseQuota("1.5 TB"), 1_500_000_000_000);
    assert.equal(parseQuota("1000000"), 1_000_000);
    for (const text of ["50", "999999", "0", "-1 GB", "much", "50 Gbit"])
      assert.equal(parseQuota(text), undefined, text);
  });

  it("starts anew on a day from 1 to 31", () => {
    assert.deepEqual(["1", "31", "0", "32", "1.5", "first"].map(parseResetDay), [1, 31, ...Array(4).fill(undefined)]);
  });

  it("ends with one of three actions", () => {
    const words = ["fallback", "off", "throttle", "Off", ""];

    assert.deepEqual(words.map(parseQuotaAction), ["fallback", "off", "throttle", undefined, undefined]);
  });
});

describe("A link's priority", () => {
  it("is a number from 1 to 9", () => {
    assert.deepEqual(["1", "9", "0", "10", "high"].map(parsePriority), [1, 9, undefined, undefined, undefined]);
  });
});

describe("A loss tolerance", () => {
  it("is percent, of which 100 and more, as mlvpn has it, set no limit", () => {
    const texts = ["0", "5", "2.5 %", "50%", "99", "100", "255", "no"];

    assert.deepEqual(texts.map(parseLossTolerance), [0, 0.05, 0.025, 0.5, 0.99, 1, 1, 1]);
  });

  it("is nothing else", () => {
    for (const text of ["", "%", "-1", "1e3", "lots", "5 percent"])
      assert.equal(parseLossTolerance(text), undefined, text);
  });
});

describe("A latency tolerance", () => {
  it("is milliseconds without a unit, of which 1000 and more, as mlvpn has it, set no limit", () => {
    assert.deepEqual(["250", "0.5", "999", "1000", "5000", "no"].map(parseLatencyTolerance), [
      250,
      0.5,
      999,
      NEVER,
      NEVER,
      NEVER,
    ]);
  });

  it("is what it says with a unit", () => {
    assert.deepEqual(["300 ms", "0.3 s", "2 s", "1500ms"].map(parseLatencyTolerance), [300, 300, 2000, 1500]);
  });

  it("is nothing else", () => {
    for (const text of ["", "0", "-5", "soon", "5 days"]) assert.equal(parseLatencyTolerance(text), undefined, text);
  });
});

describe("An overhead", () => {
  it("is one of the usual kinds of lines", () => {
    assert.equal(parseLineOverhead("ethernet"), LINE_KINDS.ethernet);
    assert.equal(parseLineOverhead("pppoe"), LINE_KINDS["pppoe-ptm"]);
    assert.equal(parseLineOverhead("atm"), LINE_KINDS["pppoe-llcsnap"]);
    assert.equal(parseLineOverhead("PPPoA-VCMux"), LINE_KINDS["pppoa-vcmux"]);
  });

  it("is a number of bytes per packet", () => {
    assert.deepEqual(parseLineOverhead("34"), frames(34));
    assert.deepEqual(parseLineOverhead("0"), frames(0));
    assert.deepEqual(parseLineOverhead("none"), frames(0));
  });

  it("is nothing else", () => {
    for (const text of ["", "257", "-1", "adsl", "toString"]) assert.equal(parseLineOverhead(text), undefined, text);
  });
});
