import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import { bytesPerSecond, megabitsPerSecond, milliseconds, seconds } from "../../shared/protocol/units.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { type DeliveryTrace, parseTrace, traceRate } from "../emulator/delivery-trace.ts";
import { lineOf } from "./lines.ts";
import { Simulation } from "./simulation.ts";
import { BondedNetwork } from "./traffic/bonded-network.ts";
import { payloadCapacities, usableCapacities } from "./traffic/capacity.ts";
import { cellularTrace } from "./traffic/cellular-shape.ts";
import type { Network } from "./traffic/network.ts";
import { areComparable, configuredByPeak, randomLines } from "./traffic/random-lines.ts";
import { aloneOn, runScenario, type Scenario, withSeed } from "./traffic/scenario.ts";
import { TcpFlow } from "./traffic/tcp-flow.ts";
import { Traffic } from "./traffic/traffic.ts";
import { TunnelNetwork } from "./traffic/tunnel-network.ts";

const QUEUE = { queue: { kind: "time", limit: milliseconds(100) } } as const;
const LINES = [lineOf(20, 10, QUEUE), lineOf(20, 10, QUEUE)];
const DOWNLOAD = { kind: "tcp", direction: "down", control: "cubic" } as const;

describe("Model traffic over a bundle", () => {
  let crypto: HandshakeCrypto;

  before(async () => {
    crypto = await createHandshakeCrypto();
  });

  it("gets the same over the fast network as over the simulation of the other tests", () => {
    const simulation = new Simulation({ lines: LINES, seed: 5, crypto });
    simulation.connect();
    const network = new BondedNetwork({ lines: LINES, seed: 5, crypto });
    network.connect();

    const [slow = 0, fast = 0] = [new TunnelNetwork(simulation), network].map(download);

    assert.ok(Math.abs(fast / slow - 1) < 0.01, `${fast} and ${slow} bytes per second`);
  });

  it("gets at least 92 % of two equal lines each way at once", () => {
    const flows = [DOWNLOAD, { ...DOWNLOAD, direction: "up" } as const];

    const { share } = runScenario(scenarioOf({ flows }), crypto);

    // Each way carries the acknowledgements of the other.
    assert.ok(share.down > 0.92 && share.up > 0.92 && share.down <= 1, JSON.stringify(share));
  });

  it("loses little of a call when its line is cut, as what was under way is sent again", () => {
    const changes = [
      { at: seconds(3), line: 0, kind: "cut" } as const,
      { at: seconds(4), line: 0, kind: "restore" } as const,
    ];

    const { realtime } = runScenario(
      scenarioOf({ changes, flows: [{ kind: "realtime", direction: "down" }] }),
      crypto,
    );

    const [call] = realtime;
    assert.equal(call?.lost, 0);
    assert.ok((call?.longestOutage ?? 0) <= 300, `${call?.longestOutage}`);
    assert.equal(call?.repeated, 0);
  });

  it("gives the same result for the same seed", () => {
    const { lines, changes } = randomLines(3, { rate: [1, 20] });
    const scenario = scenarioOf({ lines, changes, flows: [DOWNLOAD, { kind: "ping" }], duration: seconds(2) });

    const [one, other] = [0, 1].map(() => runScenario(scenario, crypto));

    assert.deepEqual(one?.tcp, other?.tcp);
  });

  it("runs over many random sets of lines", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { lines, changes } = randomLines(seed, { rate: [0.5, 10], duration: seconds(3) });
      const flows = [DOWNLOAD, { kind: "realtime", direction: "down" } as const];
      const scenario = scenarioOf({ lines, changes, flows, seed, warmUp: seconds(1), duration: seconds(2) });

      const { goodput, realtime } = runScenario({ ...scenario, granularity: milliseconds(0.5) }, crypto);

      assert.ok(goodput.down > 0, `nothing came with seed ${seed}`);
      assert.equal(realtime[0]?.repeated, 0, `a packet came twice with seed ${seed}`);
    }
  });

  function download(network: Network): number {
    const traffic = new Traffic(network);
    traffic.run(seconds(1));
    const flow = new TcpFlow(traffic, { direction: "down", control: "cubic" });
    traffic.run(seconds(5));
    return flow.goodput.rate(seconds(2), seconds(5));
  }
});

describe("The capacity of lines", () => {
  const span = { lines: LINES, changes: [], direction: "down", from: milliseconds(0), until: seconds(10) } as const;

  it("is the TCP payload of full packets", () => {
    const [first = 0] = payloadCapacities(span);

    assert.ok(Math.abs(first / ((2_500_000 * 1390) / 1500) - 1) < 1e-9, `${first}`);
  });

  it("follows cuts and changes of the rate", () => {
    const halved = { rate: bytesPerSecond(1_250_000) };
    const changes = [
      { at: seconds(2), line: 0, kind: "cut" } as const,
      { at: seconds(4), line: 0, kind: "restore" } as const,
      { at: seconds(6), line: 0, kind: "options", down: halved } as const,
    ];

    const [whole = 0] = payloadCapacities(span);
    const [changed = 0] = payloadCapacities({ ...span, changes });

    assert.ok(Math.abs(changed / whole - 0.6) < 1e-9, `${changed / whole}`);
  });

  it("counts what a recorded line could have carried since it began", () => {
    const rate = parseTrace("100\n100\n500\n1000\n");
    const changes = [{ at: seconds(1), line: 0, kind: "options", down: { rate } } as const];

    const during = { ...span, changes, from: milliseconds(1050), until: milliseconds(2100) };
    const [carried = 0] = payloadCapacities(during);

    assert.ok(Math.abs(carried / ((6 * 1390) / 1.05) - 1) < 1e-9, `${carried}`);
  });

  it("is less by what the lines lose, where that counts", () => {
    const lines = [lineOf(20, 10, { loss: { kind: "random", probability: 0.1 } })];

    const [usable = 0] = usableCapacities({ ...span, lines });
    const [all = 0] = payloadCapacities({ ...span, lines });

    assert.ok(Math.abs(usable / all - 0.9) < 1e-9);
  });
});

describe("Random lines", () => {
  it("are the same for the same seed, and others for another", () => {
    assert.deepEqual(randomLines(1), randomLines(1));
    assert.notDeepEqual(randomLines(1), randomLines(2));
  });

  it("are the same however long their rates change", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const [short, long] = [seconds(5), seconds(50)].map((duration) => randomLines(seed, { duration }));

      assert.deepEqual(short?.lines, long?.lines);
      assert.deepEqual(
        short?.changes,
        long?.changes.filter(({ at }) => at < seconds(5)),
      );
    }
  });

  it("stay within their ranges", () => {
    for (let seed = 1; seed <= 200; seed++) {
      const { lines, changes } = randomLines(seed);
      assert.ok(lines.length >= 1 && lines.length <= 6);
      for (const { down, up } of lines) {
        const rate = (Number(down.rate) * 8) / 1e6;
        assert.ok(rate >= 0.5 && rate <= 200 && Number(up.rate) <= Number(down.rate), `${rate} with seed ${seed}`);
        assert.ok((down.delay ?? 0) >= 2 && (down.delay ?? 0) <= 300);
      }
      assert.ok(changes.every(({ line }) => line < lines.length));
    }
  });

  it("are configured with the most that each ever carries", () => {
    const line = lineOf(10, 10);
    const rateOf = (megabits: number) => ({ rate: megabitsPerSecond(megabits) });
    const changes = [
      { at: seconds(1), line: 0, kind: "options", down: rateOf(16), up: rateOf(5) },
      { at: seconds(2), line: 0, kind: "options", down: rateOf(8), up: rateOf(4) },
    ] as const;

    const configured = configuredByPeak({ lines: [line, line], changes });

    assert.deepEqual(
      configured.map(({ uploadRate = 0, downloadRate = 0 }) => [uploadRate, downloadRate]),
      [
        [megabitsPerSecond(10), megabitsPerSecond(16)],
        [megabitsPerSecond(10), megabitsPerSecond(10)],
      ],
    );
  });

  it("are comparable within ten times the rate and 100 ms", () => {
    assert.equal(areComparable([lineOf(10, 10), lineOf(100, 110)]), true);
    assert.equal(areComparable([lineOf(10, 10), lineOf(101, 10)]), false);
    assert.equal(areComparable([lineOf(10, 10), lineOf(10, 111)]), false);
  });
});

describe("A drawn cellular capacity", () => {
  const shape = { name: "test", down: 5, up: 5, spread: 0.7, outages: 0.2, burst: 2 };
  const drawn = (seed: number): DeliveryTrace => cellularTrace(seed, 5, shape, seconds(60));

  it("is the same for the same seed, and another for another", () => {
    assert.deepEqual(drawn(1), drawn(1));
    assert.notDeepEqual(drawn(1), drawn(2));
  });

  it("has about its rate over many seeds, pauses above 100 ms, and its duration as its period", () => {
    const traces = Array.from({ length: 20 }, (_, seed) => drawn(seed));

    const mean = traces.reduce((sum, trace) => sum + traceRate(trace), 0) / traces.length;
    assert.ok(mean > 0.8 * 625_000 && mean < 1.5 * 625_000, `${mean}`);
    for (const { opportunities } of traces) {
      assert.ok(opportunities.some((at, index) => at - (opportunities[index - 1] ?? 0) > 100));
      assert.equal(opportunities.at(-1), seconds(60));
    }
  });
});

describe("A scenario", () => {
  it("names its seed when it fails", () => {
    const fail = (): never => {
      throw new Error("broken");
    };

    assert.throws(() => withSeed(4711, fail), /seed 4711: broken/);
  });

  it("keeps of its changes those of the line that is left alone", () => {
    const changes = [
      { at: seconds(1), line: 0, kind: "cut" } as const,
      { at: seconds(2), line: 1, kind: "cut" } as const,
    ];

    const alone = aloneOn(scenarioOf({ changes, flows: [] }), 1);

    assert.deepEqual(alone.lines, LINES.slice(1));
    assert.deepEqual(alone.changes, [{ at: seconds(2), line: 0, kind: "cut" }]);
  });
});

function scenarioOf(options: Partial<Scenario> & Pick<Scenario, "flows">): Scenario {
  return { lines: LINES, seed: 1, warmUp: seconds(2), duration: seconds(4), ...options };
}
