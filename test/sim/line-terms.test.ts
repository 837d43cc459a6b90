import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { bytesOnLine, LINE_KINDS } from "../../shared/protocol/link/line-overhead.ts";
import { THROTTLED_RATE } from "../../shared/protocol/link/quota.ts";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import { megabitsPerSecond, milliseconds, seconds } from "../../shared/protocol/units.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { lineOf } from "./lines.ts";
import { Simulation } from "./simulation.ts";
import { Stream } from "./stream.ts";

// Outer IP and UDP, datagram header and tag, fragment header and protocol field.
const HEADERS = 28 + 24 + 6;

describe("A line whose overhead is told", () => {
  let crypto: HandshakeCrypto;

  before(async () => {
    crypto = await createHandshakeCrypto();
  });

  for (const size of [80, 400, 1400]) {
    it(`has no queue in front of it and is full, with packets of ${size} bytes over ATM`, () => {
      const overhead = LINE_KINDS["pppoe-llcsnap"];
      const line = { ...lineOf(8, 10, { overhead }), terms: { overhead } };
      const simulation = new Simulation({ lines: [line], seed: 310 + size, crypto });
      simulation.connect();
      const stream = new Stream(simulation, { direction: "down" });
      let longest = 0;

      simulation.run(seconds(4), milliseconds(0.5), (now) => {
        stream.saturate(size);
        if (now > 1000) longest = Math.max(longest, simulation.downs[0]?.queuedBytes ?? 0);
      });

      const { delivered } = simulation.downs[0]?.counts() ?? assert.fail("no line");
      const onLine = bytesOnLine(overhead, size + HEADERS);
      const share = (delivered.packets * onLine) / (4 * megabitsPerSecond(8));
      assert.ok(share > 0.93, `${share} of the line`);
      const wait = (longest * onLine * 1000) / ((size + HEADERS) * megabitsPerSecond(8));
      assert.ok(wait < 6, `${wait} ms of queue`);
    });
  }
});

describe("What a quota allows", () => {
  let crypto: HandshakeCrypto;

  before(async () => {
    crypto = await createHandshakeCrypto();
  });

  it("is told to the server at once, which throttles what it sends on the link and ends that again", () => {
    const simulation = new Simulation({ lines: [lineOf(20, 10), lineOf(20, 10)], seed: 320, crypto });
    simulation.connect();
    const { links, tunnel, end } = simulation.client;
    const [metered] = links;
    if (metered === undefined) assert.fail("no link");
    const allow = (allowance: "full" | "throttled") => {
      metered.setAllowance(allowance, simulation.now);
      tunnel.parts(metered)?.dialer?.tellAgain(simulation.now);
      end.host.touch(tunnel);
      end.settle(simulation.now);
      simulation.run(milliseconds(simulation.now + 100));
      return simulation.serverTunnel?.links.map(({ pacer }) => pacer.rate);
    };

    const throttled = allow("throttled");
    const full = allow("full");

    const rate = megabitsPerSecond(20);
    assert.deepEqual(throttled, [THROTTLED_RATE, rate]);
    assert.deepEqual(full, [rate, rate]);
    assert.ok(simulation.isConnected);
  });
});
