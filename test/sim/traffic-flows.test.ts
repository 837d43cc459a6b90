import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bytes, megabitsPerSecond, milliseconds, seconds } from "../../shared/protocol/units.ts";
import type { LineOptions } from "../emulator/line-options.ts";
import { LineNetwork } from "./traffic/line-network.ts";
import { PingFlow } from "./traffic/ping-flow.ts";
import { RealtimeFlow } from "./traffic/realtime-flow.ts";
import { TcpFlow } from "./traffic/tcp-flow.ts";
import { Traffic } from "./traffic/traffic.ts";
import { WebFlow } from "./traffic/web-flow.ts";

const RATE = megabitsPerSecond(20);

describe("A ping flow", () => {
  it("measures the RTT of an idle line and of the internet behind it", () => {
    const traffic = new Traffic(lineNetwork(), { internetDelay: milliseconds(5) });
    const ping = new PingFlow(traffic);
    traffic.run(seconds(5));

    const { rtts, lost } = ping.result(milliseconds(0), seconds(4));
    assert.equal(lost, 0);
    assert.equal(rtts.count, 40);
    // 20 ms of the line, 10 of the internet, and twice the time of 84 bytes at 20 Mbit/s.
    assert.ok(Math.abs(rtts.median - 30.07) < 0.01, `${rtts.median}`);
  });

  it("waits in the queue that a TCP flow fills", () => {
    const traffic = new Traffic(lineNetwork());
    const ping = new PingFlow(traffic);
    new TcpFlow(traffic, { direction: "down", control: "cubic" });
    traffic.run(seconds(10));

    const { rtts } = ping.result(seconds(2), seconds(10));
    assert.ok(rtts.percentile(0.95) > 80, `${rtts.percentile(0.95)}`);
  });

  it("counts what is never answered", () => {
    const traffic = new Traffic(lineNetwork({ loss: { kind: "random", probability: 0.2 } }));
    const ping = new PingFlow(traffic, { interval: milliseconds(10) });
    traffic.run(seconds(11));

    const { rtts, lost } = ping.result(milliseconds(0), seconds(10));
    assert.equal(rtts.count + lost, 1000);
    assert.ok(lost > 150 && lost < 250, `${lost}`);
  });
});

describe("A realtime flow", () => {
  it("loses what the line loses, and nothing else", () => {
    const network = lineNetwork({ loss: { kind: "random", probability: 0.05 } });
    const traffic = new Traffic(network);
    const call = new RealtimeFlow(traffic, { direction: "down" });
    traffic.run(seconds(61));

    const { sent, lost, repeated, delays } = call.result(milliseconds(0), seconds(60));
    assert.equal(sent, 3000);
    assert.ok(Math.abs(lost - network.down.counts().dropped.loss.packets) <= 3);
    assert.equal(repeated, 0);
    assert.ok(Math.abs(delays.median - 10.08) < 0.01, `${delays.median}`);
  });

  it("tells how long the longest outage was", () => {
    const network = lineNetwork();
    const traffic = new Traffic(network);
    const call = new RealtimeFlow(traffic, { direction: "up" });
    traffic.run(seconds(2));
    network.up.cut(network.now);
    traffic.run(milliseconds(2300));
    network.up.restore(network.now);
    traffic.run(seconds(4));

    const { longestOutage } = call.result(milliseconds(0), seconds(3));
    assert.ok(Math.abs(longestOutage - 300) <= 40, `${longestOutage}`);
  });

  it("counts packets that come twice", () => {
    const traffic = new Traffic(lineNetwork({ duplication: 1 }));
    const call = new RealtimeFlow(traffic, { direction: "down" });
    traffic.run(seconds(2));

    assert.equal(call.result(milliseconds(0), seconds(1)).repeated, 50);
  });
});

describe("A web flow", () => {
  it("takes a round trip to connect and one per round of slow start", () => {
    const traffic = new Traffic(lineNetwork());
    const web = new WebFlow(traffic, { size: 60_000, interval: milliseconds(500) });
    traffic.run(seconds(10));

    const { times, unfinished } = web.result(milliseconds(0), seconds(9));
    assert.equal(times.count, 18);
    assert.equal(unfinished, 0);
    // Two round trips to connect and ask, of which the second brings 10 segments; 20 more in the next, 12 in the last.
    assert.ok(times.median > 80 && times.median < 100, `${times.median}`);
  });

  it("ends in spite of losses of its opening, its request and its answer", () => {
    const traffic = new Traffic(lineNetwork({ loss: { kind: "random", probability: 0.1 } }));
    const web = new WebFlow(traffic, { size: 30_000, interval: milliseconds(100) });
    traffic.run(seconds(60));

    const { times, unfinished } = web.result(milliseconds(0), seconds(20));
    assert.equal(unfinished, 0);
    assert.ok(times.percentile(0.95) > times.median * 2);
  });
});

describe("Traffic with a granularity", () => {
  it("carries the same, a little later", () => {
    const [exact, coarse] = [milliseconds(0), milliseconds(0.5)].map((granularity) => {
      const traffic = new Traffic(lineNetwork(), { granularity });
      const flow = new TcpFlow(traffic, { direction: "down", control: "cubic" });
      const ping = new PingFlow(traffic, { start: seconds(11) });
      traffic.run(seconds(11));
      return { rate: flow.goodput.rate(seconds(1), seconds(11)), ping };
    });

    assert.ok(Math.abs((coarse?.rate ?? 0) / (exact?.rate ?? 0) - 1) < 0.01);
  });
});

function lineNetwork(down: Partial<LineOptions> = {}): LineNetwork {
  const queue = { kind: "time", limit: milliseconds(100) } as const;
  const line = { rate: RATE, delay: milliseconds(10), queue, mtu: bytes(1500) };
  return new LineNetwork({ up: line, down: { ...line, ...down } }, 11);
}
