import { seconds } from "../../../shared/protocol/units.ts";
import type { LineEmulator } from "../../emulator/line-emulator.ts";
import { rateOf } from "./bonded/ends.ts";
import type { Frame } from "./bonded/frame.ts";
import type { BondedNetwork } from "./bonded-network.ts";
import type { Direction } from "./capacity.ts";
import type { TcpFlow } from "./tcp-flow.ts";

const BITS = 8;
const MEGA = 1e6;

/** What of a running scenario can be looked at. */
export type ScenarioView = {
  readonly network: BondedNetwork;
  /** Milliseconds since the start of the flows. */
  readonly elapsed: number;
  readonly tcp: readonly { readonly direction: Direction; readonly flow: TcpFlow }[];
};

/**
 * Prints what happens in one direction of a bundle, a line for each look at it. Rates are in Mbit/s, times in
 * milliseconds; of each line: the rate at which it is sent to, / the rate it is paced to, of what it is taken to carry,
 * its queue, its drops so far, and what the search for its rate is at.
 */
export class ScenarioTrace {
  readonly #direction: Direction;
  readonly #print: (line: string) => void;
  #lastAt = 0;
  #lastGoodput: readonly number[] = [];
  #lastSent: readonly number[] = [];

  constructor(direction: Direction, print: (line: string) => void) {
    this.#direction = direction;
    this.#print = print;
  }

  /** Prints a line about now. */
  look(view: ScenarioView): void {
    const { network, elapsed } = view;
    const flows = view.tcp.filter(({ direction }) => direction === this.#direction);
    const goodput = flows.map(({ flow }) => flow.goodput.total);
    const emulators = this.#direction === "down" ? network.downs : network.ups;
    const sent = emulators.map((line) => line.counts().sent.bytes);
    const interval = elapsed - this.#lastAt;
    const pace = (now: number, before = 0): number => ((now - before) * BITS) / interval / seconds(1);
    const sentRates = sent.map((now, index) => pace(now, this.#lastSent[index]));
    const columns = [
      `${(elapsed / seconds(1)).toFixed(2)} s`,
      ...flows.map(
        ({ flow }, index) => `${fixed(pace(goodput[index] ?? 0, this.#lastGoodput[index]))} ${stateOf(flow)}`,
      ),
      this.#queue(network, sentRates),
      ...emulators.map((line, index) => this.#line(network, line, index, sentRates[index] ?? 0)),
      this.#receiver(network),
    ];
    this.#print(columns.join(" | "));
    this.#lastAt = elapsed;
    this.#lastGoodput = goodput;
    this.#lastSent = sent;
  }

  #queue(network: BondedNetwork, sentRates: readonly number[]): string {
    const sender = this.#direction === "down" ? network.serverTunnel : network.clientTunnel;
    const { count = 0, bytes = 0 } = sender?.outbound.queue ?? {};
    const rate = sentRates.reduce((sum, of) => sum + of, 0);
    const wait = bytes === 0 ? 0 : (bytes * BITS) / (rate * seconds(1));
    return `queue ${`${count}`.padStart(4)} ${wait.toFixed(0).padStart(4)} ms`;
  }

  #line(network: BondedNetwork, line: LineEmulator<Frame>, index: number, rate: number): string {
    const sender = this.#direction === "down" ? network.serverTunnel : network.clientTunnel;
    const link = sender?.links.find(({ options }) => options.discriminator === index);
    const pace = ((link?.pacer.rate ?? 0) * BITS) / MEGA;
    const { dropped } = line.counts();
    const drops = dropped.queue.packets + dropped.loss.packets + dropped.cut.packets;
    const state = link?.isUp === true ? link.estimator.state.kind : "down";
    const capacity = ((link?.estimator.capacity ?? 0) * BITS) / MEGA;
    const queue = (line.queuedBytes * seconds(1)) / rateOf(line.options);
    return `${fixed(rate)}/${pace.toFixed(1)} of ${capacity.toFixed(1)} ${fixed(queue)} ms ${drops} ${state}`;
  }

  #receiver(network: BondedNetwork): string {
    const receiver = this.#direction === "down" ? network.clientTunnel : network.serverTunnel;
    const { lost = 0, late = 0, timeouts = 0 } = receiver?.receiving.counters ?? {};
    return `held ${`${receiver?.receiving.heldCount ?? 0}`.padStart(4)}, lost ${lost}, late ${late}, waits ended ${timeouts}`;
  }
}

function stateOf(flow: TcpFlow): string {
  const { window, threshold, inFlight, rtt } = flow.sender.state;
  const limit = Number.isFinite(threshold) ? threshold.toFixed(0) : "-";
  const { sentAgain, timeouts, undone } = flow.sender.counters;
  return `cwnd ${window.toFixed(0).padStart(5)} ssthresh ${limit.padStart(5)} flight ${`${inFlight}`.padStart(5)} srtt ${rtt.toFixed(0).padStart(4)} again ${sentAgain} rto ${timeouts} undone ${undone}`;
}

function fixed(value: number): string {
  return value.toFixed(1).padStart(6);
}
