import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bytes, type Milliseconds, megabitsPerSecond, milliseconds, seconds } from "../../shared/protocol/units.ts";
import type { LineOptions } from "../emulator/line-options.ts";
import { lossyWindow } from "./traffic/capacity.ts";
import { ECN } from "./traffic/ip4.ts";
import { LineNetwork } from "./traffic/line-network.ts";
import type { Network } from "./traffic/network.ts";
import { TcpFlow, type TcpFlowOptions } from "./traffic/tcp-flow.ts";
import { Traffic } from "./traffic/traffic.ts";

const RATE = megabitsPerSecond(20);
const DELAY = milliseconds(20);
const BANDWIDTH_DELAY = bytes((RATE * 2 * DELAY) / 1000);
const PAYLOAD = 1448;
const CAPACITY = (RATE * PAYLOAD) / 1500;

describe("A model TCP flow over one plain line", () => {
  for (const control of ["reno", "cubic", "bbr"] as const) {
    it(`carries at least 95 % of 20 Mbit/s with a queue of one bandwidth-delay product (${control})`, () => {
      const { flow } = run({}, { control }, seconds(22));

      assert.ok(shareOf(flow, seconds(2), seconds(22)) >= 0.95, `${shareOf(flow, seconds(2), seconds(22))}`);
      assert.equal(flow.sender.counters.timeouts, 0);
      assert.equal(flow.receiver.duplicates, 0);
    });

    it(`sends again what the line dropped, and nothing else (${control})`, () => {
      const { flow, network } = run({ loss: { kind: "random", probability: 0.005 } }, { control }, seconds(10));

      const { loss, queue } = network.down.counts().dropped;
      const dropped = loss.packets + queue.packets;
      const { sentAgain } = flow.sender.counters;
      assert.ok(dropped > 5 && Math.abs(sentAgain - dropped) <= 5, `${sentAgain} for ${dropped}`);
    });
  }

  for (const control of ["reno", "cubic"] as const) {
    it(`has the window that the formula for 1 % of loss says, within 30 % (${control})`, () => {
      const { flow } = run({ loss: { kind: "random", probability: 0.01 } }, { control }, seconds(60));

      const rate = flow.goodput.rate(seconds(2), seconds(60));
      const expected = (lossyWindow(control, 0.01, 0.041) * PAYLOAD) / 0.041;
      assert.ok(Math.abs(rate / expected - 1) < 0.3, `${rate / expected}`);
    });
  }

  it("does not slow down for 1 % of loss when it is BBR", () => {
    const { flow } = run({ loss: { kind: "random", probability: 0.01 } }, { control: "bbr" }, seconds(22));

    assert.ok(shareOf(flow, seconds(2), seconds(22)) >= 0.93, `${shareOf(flow, seconds(2), seconds(22))}`);
  });

  it("keeps BBR's queue short where CUBIC fills it", () => {
    const queue = { kind: "bytes", limit: bytes(10 * BANDWIDTH_DELAY) } as const;

    const bbr = run({ queue }, { control: "bbr" }, seconds(10)).flow.rtts;
    const cubic = run({ queue }, { control: "cubic" }, seconds(10)).flow.rtts;

    assert.ok(bbr.median < 2 * 2 * DELAY, `${bbr.median}`);
    assert.ok(cubic.percentile(0.95) > 5 * 2 * DELAY, `${cubic.percentile(0.95)}`);
  });

  it("shares a line evenly with another of its kind", () => {
    const network = lineNetwork({});
    const traffic = new Traffic(network);
    const flows = [0, 500].map((start) => cubicFrom(traffic, milliseconds(start)));
    traffic.run(seconds(60));

    const [first = 0, second = 0] = flows.map((flow) => flow.goodput.rate(seconds(10), seconds(60)));
    assert.ok(Math.min(first, second) / Math.max(first, second) > 0.6, `${first} and ${second}`);
    assert.ok((first + second) / CAPACITY > 0.95);
  });

  it("is held to its receive window", () => {
    const receiveWindow = 32 * 1024;

    const { flow } = run({}, { control: "cubic", receiveWindow }, seconds(10));

    const expected = (Math.floor(receiveWindow / PAYLOAD) * PAYLOAD) / 0.041;
    const rate = flow.goodput.rate(seconds(2), seconds(10));
    assert.ok(Math.abs(rate / expected - 1) < 0.1, `${rate / expected}`);
  });

  it("takes reordering for loss only at first", () => {
    const { flow } = run({ jitter: milliseconds(8), mayReorder: true }, { control: "cubic" }, seconds(20));

    const { sentAgain, sent } = flow.sender.counters;
    assert.ok(sentAgain / sent < 0.01, `${sentAgain} of ${sent}`);
    assert.ok(shareOf(flow, seconds(10), seconds(20)) > 0.9, `${shareOf(flow, seconds(10), seconds(20))}`);
  });

  it("times out 200 ms after an RTT of silence at the earliest, backs off, and goes on (RFC 6298)", () => {
    const network = lineNetwork({});
    const traffic = new Traffic(network);
    const flow = cubicFrom(traffic, milliseconds(0));
    traffic.run(seconds(5));
    network.down.cut(network.now);
    traffic.run(milliseconds(5200));
    const early = flow.sender.counters.timeouts;
    traffic.run(seconds(8));
    network.down.restore(network.now);
    traffic.run(seconds(15));

    assert.equal(early, 0);
    const { timeouts } = flow.sender.counters;
    assert.ok(timeouts >= 3 && timeouts <= 5, `${timeouts} timeouts`);
    // Only the first of them reduces the threshold.
    assert.ok(flow.sender.state.threshold > 40, `${flow.sender.state.threshold}`);
    const gap = flow.goodput.longestGap(seconds(5), seconds(15));
    assert.ok(gap >= 3000 && gap < 6500, `${gap} ms`);
    assert.ok(shareOf(flow, seconds(13), seconds(15)) > 0.9);
  });

  it("leaves slow start early and grows by 5 % per round trip until the first loss, as Linux's CUBIC does", () => {
    const network = lineNetwork({});
    const traffic = new Traffic(network);
    const flow = cubicFrom(traffic, milliseconds(0));
    traffic.run(milliseconds(400));
    const { threshold, window } = flow.sender.state;
    traffic.run(milliseconds(900));

    assert.ok(threshold > 50 && threshold < 80, `${threshold}`);
    const acknowledged = (CAPACITY * 0.5) / PAYLOAD;
    assert.ok(Math.abs((flow.sender.state.window - window) / (acknowledged / 20) - 1) < 0.1);
  });

  it("answers congestion marks like losses, without any (RFC 3168)", () => {
    const network = lineNetwork({});
    const traffic = new Traffic(marking(network));
    const flow = new TcpFlow(traffic, { direction: "down", control: "reno", usesEcn: true });
    traffic.run(seconds(10));

    assert.ok(flow.receiver.marks > 10);
    assert.equal(flow.sender.counters.sentAgain, 0);
    assert.ok(flow.rtts.percentile(0.95) < 60, `${flow.rtts.percentile(0.95)}`);
  });

  it("gives the same result for the same seed", () => {
    const loss = { kind: "random", probability: 0.01 } as const;

    const [one, other] = [0, 1].map(() => run({ loss }, { control: "bbr" }, seconds(5)).flow);

    assert.deepEqual(one?.sender.counters, other?.sender.counters);
    assert.equal(one?.goodput.total, other?.goodput.total);
  });
});

function lineNetwork(down: Partial<LineOptions>): LineNetwork {
  const queue = { kind: "bytes", limit: BANDWIDTH_DELAY } as const;
  const line = { rate: RATE, delay: DELAY, queue, mtu: bytes(1500) };
  return new LineNetwork({ up: line, down: { ...line, ...down } }, 7);
}

function run(down: Partial<LineOptions>, options: Omit<TcpFlowOptions, "direction">, until: Milliseconds) {
  const network = lineNetwork(down);
  const traffic = new Traffic(network);
  const flow = new TcpFlow(traffic, { direction: "down", ...options });
  traffic.run(until);
  return { flow, network };
}

function cubicFrom(traffic: Traffic, start: Milliseconds): TcpFlow {
  return new TcpFlow(traffic, { direction: "down", control: "cubic", start });
}

function shareOf(flow: TcpFlow, from: Milliseconds, until: Milliseconds): number {
  return flow.goodput.rate(from, until) / CAPACITY;
}

/** The network with a mark on every packet that finds more than 10 ms of queue. */
function marking(network: LineNetwork): Network {
  return {
    get now() {
      return network.now;
    },
    mtu: network.mtu,
    clientAddress: network.clientAddress,
    send: (from, packet) => {
      if (from === "internet" && network.down.queuedBytes > RATE / 100) packet[1] = (packet[1] ?? 0) | ECN.congested;
      network.send(from, packet);
    },
    nextTimeout: () => network.nextTimeout(),
    advance: (until) => network.advance(until),
    receive: (take) => network.receive(take),
  };
}
