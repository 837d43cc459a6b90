// Compares the model TCP with the kernel's, each alone on plain lines with a queue of 100 ms, over the lab's relay:
// `node dist/test/sim/kernel-comparison.js`, as root, for about four minutes.
import { bytes, megabitsPerSecond, milliseconds, seconds } from "../../shared/protocol/units.ts";
import type { LineOptions } from "../emulator/line-options.ts";
import { buildHomeNetwork, evenLine } from "../lab/toolkit/home-network.ts";
import { goodputBetween, runFlow } from "../lab/toolkit/iperf.ts";
import { Lab } from "../lab/toolkit/lab.ts";
import { missingCongestionControl, missingForLab } from "../lab/toolkit/requirements.ts";
import { printTable, share } from "./traffic/cases/table.ts";
import { LineNetwork } from "./traffic/line-network.ts";
import { SEGMENT_OVERHEAD } from "./traffic/tcp/segment.ts";
import { TcpFlow } from "./traffic/tcp-flow.ts";
import { Traffic } from "./traffic/traffic.ts";

type Line = {
  readonly rate: number;
  readonly delay: number;
  readonly name?: string;
  readonly faults?: Partial<LineOptions>;
};

const LINES: readonly Line[] = [
  { rate: 20, delay: 10 },
  { rate: 50, delay: 8 },
  { rate: 70, delay: 19 },
  { rate: 20, delay: 10, name: "1 % loss", faults: { loss: { kind: "random", probability: 0.01 } } },
  { rate: 20, delay: 10, name: "reordering", faults: { jitter: milliseconds(10), mayReorder: true } },
];
const CONTROLS = ["cubic", "bbr"] as const;
const FROM = 3;
const UNTIL = 13;
const FULL = 0.95;
const PACKET = 1500;
const STEP = 0.1;

type Control = (typeof CONTROLS)[number];

/** Goodput in bytes per second between two times in seconds, and how many segments were sent again. */
type Run = { readonly between: (from: number, until: number) => number; readonly sentAgain: number };

async function runKernel({ rate, delay, faults = {} }: Line, control: Control): Promise<Run> {
  const lab = await Lab.create();
  try {
    const { down, ...line } = evenLine("line", rate, delay);
    const network = await buildHomeNetwork(lab, [{ ...line, down: { ...down, ...faults } }]);
    const flow = await runFlow(lab, { ...network, direction: "down", control, seconds: UNTIL });
    return { between: (from, until) => goodputBetween(flow, from, until), sentAgain: flow.retransmits };
  } finally {
    await lab.close();
  }
}

function runModel({ rate, delay, faults = {} }: Line, control: Control): Run {
  const queue = { kind: "time", limit: milliseconds(100) } as const;
  const way = { rate: megabitsPerSecond(rate), delay: milliseconds(delay), queue, mtu: bytes(PACKET) };
  const traffic = new Traffic(new LineNetwork({ up: way, down: { ...way, ...faults } }, 1));
  const { goodput, sender } = new TcpFlow(traffic, { direction: "down", control });
  // The handshake was before.
  const start = (2 * delay) / seconds(1);
  traffic.run(seconds(UNTIL + start));
  return {
    between: (from, until) => goodput.rate(seconds(from + start), seconds(until + start)),
    sentAgain: sender.counters.sentAgain,
  };
}

function columns({ between, sentAgain }: Run, capacity: number): string[] {
  let full = STEP;
  while (full < UNTIL && between(full - STEP, full) < FULL * capacity) full += STEP;
  return [full.toFixed(1), share(between(FROM, UNTIL) / capacity), `${sentAgain}`];
}

const missing = missingForLab(["iperf3"]) || missingCongestionControl("bbr");
if (missing) throw new Error(`the comparison ${missing}`);
const rows: string[][] = [];
for (const line of LINES) {
  const capacity = (megabitsPerSecond(line.rate) * (PACKET - SEGMENT_OVERHEAD)) / PACKET;
  for (const control of CONTROLS) {
    const name = [
      `${line.rate} Mbit/s ${line.delay} ms`,
      ...(line.name === undefined ? [] : [line.name]),
      control,
    ].join(" ");
    rows.push([`${name}, kernel`, ...columns(await runKernel(line, control), capacity)]);
    rows.push([`${name}, model`, ...columns(runModel(line, control), capacity)]);
  }
}
printTable(["one flow", `s to ${FULL}`, `share ${FROM}-${UNTIL} s`, "sent again"], rows);
