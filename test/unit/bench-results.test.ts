import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BenchCase } from "../bench/cases/bench-case.ts";
import { RateSearch } from "../bench/cases/rate-search.ts";
import { chooseCases, chooseSubjects, turned } from "../bench/choice.ts";
import { stepClaims, stepTable } from "../bench/micro/micro.ts";
import type { StepTime } from "../bench/micro/step-time.ts";
import { busiestThread, type GarbagePause, garbagePauses } from "../bench/minute/garbage.ts";
import { enduranceClaims } from "../bench/minute/minute.ts";
import { parseOptions } from "../bench/options.ts";
import { claims } from "../bench/results/claims.ts";
import { costs, type Figures, type Measurement } from "../bench/results/measurement.ts";
import { claimTable, measurementTable } from "../bench/results/report.ts";
import { ratioOf, summaryOf } from "../bench/results/summary.ts";
import type { ScaleResult } from "../bench/scale/scale.ts";
import { scaleClaims } from "../bench/scale/scale-report.ts";
import { udpPacket } from "../bench/scale/udp-packet.ts";
import { lossesOf } from "../bench/subjects/hawser.ts";
import { subjectsOf } from "../bench/subjects/subjects.ts";

const ONE_FLOW = "tcp-1 down";

const roundsOf = (subject: string, ...figures: readonly Figures[]): Measurement[] =>
  figures.map((each, round) => ({ caseName: ONE_FLOW, subject, round, figures: each }));

const rates = (...gigabits: readonly number[]): Figures[] => gigabits.map((each) => ({ bitsPerSecond: each * 1e9 }));

describe("What a passage costs", () => {
  it("is told for a packet, for a gigabyte and for a second of processor time of both sides", () => {
    const figures = costs({ seconds: 2, payloadBytes: 1e9, packets: 1e6, client: 1, server: 3 });

    assert.deepEqual(figures, {
      clientPerPacket: 1,
      serverPerPacket: 3,
      clientPerGigabyte: 1,
      serverPerGigabyte: 3,
      bitsPerCpuSecond: 2e9,
      packetsPerCpuSecond: 250_000,
    });
  });

  it("is not known of what has no processes", () => {
    assert.deepEqual(costs({ seconds: 2, payloadBytes: 1e9, packets: 1e6, client: 0, server: 0 }), {});
  });
});

describe("The benchmark's summary", () => {
  it("has the median, the least and the most of all rounds", () => {
    const summary = summaryOf(roundsOf("bare", ...rates(3, 1, 2)), ONE_FLOW, "bare", "bitsPerSecond");

    assert.deepEqual(summary, { median: 2e9, least: 1e9, most: 3e9 });
  });

  it("compares what was measured in the same round", () => {
    const measurements = [...roundsOf("hawser-2", ...rates(8, 4, 6)), ...roundsOf("openvpn", ...rates(4, 2, 1))];

    assert.equal(ratioOf(measurements, ONE_FLOW, ["hawser-2", "openvpn"], "bitsPerSecond"), 2);
  });

  it("compares nothing with what was not measured", () => {
    const measurements = roundsOf("hawser-2", ...rates(8));

    assert.equal(ratioOf(measurements, ONE_FLOW, ["hawser-2", "openvpn"], "bitsPerSecond"), undefined);
  });
});

describe("What Hawser has lost", () => {
  it("is the drops of both ends and what links lost for good, each once", () => {
    const reordering = { lostFragments: 5, repairedFragments: 3 };
    const bundles = [{ drops: { "queue-delay": 1, "late-fragment": 2, replayed: 4 }, reordering }];

    const losses = lossesOf([
      { drops: { "no-route": 1 }, bundles },
      { drops: {}, bundles },
    ]);

    assert.deepEqual(losses, { "no-route": 1, "lost on links": 4, "queue-delay": 2 });
  });
});

describe("The benchmark's claims", () => {
  const claimed = (hawser: number): readonly (boolean | undefined)[] =>
    claims([...roundsOf("hawser-2", ...rates(hawser)), ...roundsOf("openvpn", ...rates(1))])
      .filter(({ text }) => text.startsWith(`${ONE_FLOW}: bits per second`))
      .map(({ isReached }) => isReached);

  it("are reached from the wanted factor on, and open where a peer was not measured", () => {
    assert.deepEqual(claimed(3), [undefined, true]);
    assert.deepEqual(claimed(2.99), [undefined, false]);
  });
});

describe("The benchmark's table", () => {
  it("says how many times another subject's figures Hawser's are, and which claims are missed", () => {
    const fast = { bitsPerSecond: 2e9, bitsPerCpuSecond: 3e9 };
    const slow = { bitsPerSecond: 1e9, bitsPerCpuSecond: 1e9 };

    const measurements = [...roundsOf("hawser-2", fast), ...roundsOf("openvpn", slow)];

    const table = measurementTable(measurements, true);
    const [claimed = ""] = claimTable(claims(measurements), true);

    assert.match(table, /\| tcp-1 down \| openvpn \| 1\.00 Gbit\/s \|[^|]+\| 2\.00 × \| 1\.00 Gbit \| 3\.00 × \|/);
    assert.match(claimed, /bits per second of hawser-2 to those of openvpn \| at least 3 × \| 2\.00 × \| NO \|/);
  });
});

describe("The benchmark of steps", () => {
  const timesOf = (step: string, ...nanoseconds: readonly number[]): StepTime[] =>
    nanoseconds.map((each) => ({ step, isCore: true, nanoseconds: each }));

  it("shows the median of a step's samples, and whether the core keeps its limits", () => {
    const times = [
      ...timesOf("frame and schedule, 2 links", 90, 80, 300),
      ...timesOf("check and reorder, 2 links", 151),
    ];

    assert.match(stepTable(times, true), /\| frame and schedule, 2 links \| TypeScript \| 90 \| 80 to 300 \|/);
    assert.deepEqual(
      stepClaims(times).map(({ isReached }) => isReached),
      [true, false],
    );
  });
});

describe("The garbage collector's pauses", () => {
  it("are read from what Node.js writes of them, the major ones apart", () => {
    const lines = [
      "[7:0x1]      300 ms: Scavenge 9.1 (10.6) -> 8.7 (11.9) MB, 0.42 / 0.00 ms  (average mu = 1.000) allocation failure;",
      "[7:0x1]      900 ms: Mark-Compact 9.9 (11.9) -> 8.1 (12.9) MB, 3.1 / 0.0 ms  (average mu = 1.000) task;",
      "14:02:11 link1 is up after 3.1 / 4 ms",
    ];

    assert.deepEqual(garbagePauses(lines), [
      { thread: "0x1", isMajor: false, milliseconds: 0.42 },
      { thread: "0x1", isMajor: true, milliseconds: 3.1 },
    ]);
  });

  it("are the data plane's when they are those of the thread that has most", () => {
    const pause = (thread: string): GarbagePause => ({ thread, isMajor: false, milliseconds: 1 });

    assert.deepEqual(busiestThread([pause("0x1"), pause("0x2"), pause("0x2")]), [pause("0x2"), pause("0x2")]);
    assert.deepEqual(busiestThread([]), []);
  });

  it("break the claim when a major one is long, and memory does when it grows", () => {
    const end = { role: "client", bitsPerSecond: 1e9, memoryBefore: 100, memoryAfter: 106 } as const;

    const claimed = enduranceClaims([{ ...end, pauses: [{ thread: "0x1", isMajor: true, milliseconds: 11 }] }]);

    assert.deepEqual(
      claimed.map(({ isReached }) => isReached),
      [false, false],
    );
  });
});

describe("The benchmark of many clients", () => {
  const withClients = (clients: number, idleMemory: number, microsecondsPerPacket: number): ScaleResult => {
    const rates = { packetsPerSecond: 20_000, sentPerSecond: 20_000, lossShare: 0, serverShare: 1, clientsShare: 1 };
    const load = { ...rates, microsecondsPerPacket };
    const speeds = (["up", "down"] as const).map((direction) => ({ direction, equal: load, most: load }));
    return { clients, idleMemory, activeMemory: 0, idleShare: 0.04, connectSeconds: 1, speeds };
  };

  it("claims idle time, memory, and speed with a hundred clients", () => {
    const all = [withClients(1, 80 << 20, 4), withClients(100, 90 << 20, 5), withClients(1000, 199 << 20, 9)];

    assert.deepEqual(
      scaleClaims(all).map(({ isReached }) => isReached),
      [true, true, false, true, true],
    );
    assert.deepEqual(scaleClaims(all.slice(1)), []);
  });

  it("sends packets whose checksums are right", () => {
    const packet = udpPacket([10, 44, 0, 2], [10, 44, 43, 1], 7000, 101);

    assert.equal(onesComplementSum(packet.subarray(0, 20)), 0xffff);
    const pseudoHeader = [...packet.subarray(12, 20), 0, 17, 0, 81];
    assert.equal(onesComplementSum([...pseudoHeader, ...packet.subarray(20)]), 0xffff);
  });
});

describe("The search for the highest rate", () => {
  const search = (capacity: number, first = 100): RateSearch => {
    const rateSearch = new RateSearch({ first, most: 10_000, allowedLoss: 0.005, halvings: 4 });
    for (let rate = rateSearch.next(); rate !== undefined; rate = rateSearch.next())
      rateSearch.note(rate, rate > capacity ? 1 - capacity / rate : 0);
    return rateSearch;
  };

  it("comes within 5 % of it from below, and not above it but for the allowed loss", () => {
    for (const capacity of [7, 150, 999, 9000]) {
      const { best = 0 } = search(capacity);

      assert.ok(best > 0.95 * capacity && best <= capacity * 1.006, `${best} for ${capacity}`);
    }
  });

  it("ends at the most that is tried", () => {
    assert.equal(search(20_000).best, 10_000);
  });

  it("ends without an answer where nothing passes", () => {
    assert.equal(search(0).best, undefined);
  });
});

describe("The benchmark's choice", () => {
  const benchCase = (group: string, name: string): BenchCase => ({ group, name, measure: async () => ({}) });
  const all = [benchCase("tcp-1", "tcp-1 down"), benchCase("tcp-1", "tcp-1 up"), benchCase("ping", "ping idle")];
  const chosen = (...names: readonly string[]): string[] => chooseCases(all, { names }).map(({ name }) => name);

  it("is of all cases, of a group, or of one by its name", () => {
    assert.equal(chosen().length, 3);
    assert.deepEqual(chosen("tcp-1"), ["tcp-1 down", "tcp-1 up"]);
    assert.deepEqual(chosen("tcp-1 up", "ping"), ["tcp-1 up", "ping idle"]);
    assert.throws(() => chosen("tcp-2"), /there is no case tcp-2/);
  });

  it("is of some subjects", () => {
    const options = parseOptions(["--subjects", "openvpn,bare"]);

    assert.deepEqual(
      chooseSubjects(subjectsOf(options), options).map(({ name }) => name),
      ["bare", "openvpn"],
    );
    assert.throws(() => chooseSubjects([], options), /there is no subject openvpn/);
  });

  it("lets another one begin in each round", () => {
    assert.deepEqual(turned(["a", "b", "c"], 4), ["b", "c", "a"]);
    assert.deepEqual(turned([], 4), []);
  });
});

function onesComplementSum(bytes: Iterable<number>): number {
  const sum = [...bytes].reduce((total, byte, index) => total + (index % 2 === 0 ? byte << 8 : byte), 0);
  return (sum & 0xffff) + Math.floor(sum / 0x10000);
}
