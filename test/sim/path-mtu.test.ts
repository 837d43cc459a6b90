import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import { bytes, milliseconds, seconds } from "../../shared/protocol/units.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { FULL_PACKET, lineOf } from "./lines.ts";
import { Simulation } from "./simulation.ts";
import { Stream } from "./stream.ts";

const UDP_OVER_IP4 = 28;

// What a packet of 1500 bytes leaves inside: without the outer headers, the tag and the fragment's header.
const insideOf = (mtu: number): number => mtu - (1500 - FULL_PACKET);

describe("A simulated line's MTU", () => {
  let crypto: HandshakeCrypto;

  before(async () => {
    crypto = await createHandshakeCrypto();
  });

  it("is found within three seconds, and told as the tunnel's", () => {
    const line = lineOf(20, 10, { mtu: bytes(1480) });
    const simulation = new Simulation({ lines: [lineOf(20, 10), line], seed: 71, crypto });
    simulation.connect();

    simulation.run(milliseconds(simulation.now + 3000));

    assert.deepEqual(
      simulation.client.links.map(({ pathMtu }) => pathMtu.current),
      [1500, 1480],
    );
    assert.equal(simulation.client.tunnel.mtu, insideOf(1480));
    assert.equal(simulation.serverTunnel?.mtu, insideOf(1480));
    assert.deepEqual(mtuChanges(simulation, "client").at(-1), insideOf(1480));
  });

  it("that falls in the middle of a stream is found anew, and the stream goes on over both lines", () => {
    const { simulation, stream, send } = startStream(72);

    for (const line of [simulation.ups[1], simulation.downs[1]]) line?.change({ mtu: bytes(1400) }, simulation.now);
    simulation.run(seconds(20), milliseconds(2), send);
    const [lost, carried] = [stream.lost, simulation.client.links[1]?.sent.bytes ?? 0];
    simulation.run(seconds(30), milliseconds(2), send);

    stream.checkOrder();
    assert.ok(stream.longestGap(3000, 4000) < 300, `${stream.longestGap(3000, 4000)} ms without a packet`);
    // A link that goes silent is suspected at once (RFC 8899 §4.3), and its size confirmed or found within a second.
    assert.ok(stream.longestGap(4000, 20_000) < 50, `${stream.longestGap(4000, 20_000)} ms without a packet`);
    assert.ok(lost < 20, `${lost} lost`);
    assert.ok(Math.abs(stream.lost - lost) <= 20, "packets are lost although the size is known");
    assert.ok((simulation.client.links[1]?.sent.bytes ?? 0) - carried > 500_000);
    assert.equal(simulation.client.links[1]?.pathMtu.current, 1400);
    assert.equal(simulation.client.tunnel.mtu, insideOf(1400));
  });

  it("that the sender's own device lowers is kept to at once, on the link that goes by it only", () => {
    const { simulation, stream, send } = startStream(75);
    const { end } = simulation.client;

    end.isTooBig = ({ bytes: { length } }, outlet) => outlet === 1 && length + UDP_OVER_IP4 > 1400;
    simulation.run(milliseconds(3300), milliseconds(2), send);

    const [first, second] = simulation.client.links;
    assert.equal(first?.pathMtu.current, 1500);
    assert.equal(second?.pathMtu.current, 1400);
    simulation.run(seconds(10), milliseconds(2), send);
    simulation.run(seconds(11));
    stream.checkOrder();
    assert.ok(stream.longestGap(3000, 10_000) < 50, `${stream.longestGap(3000, 10_000)} ms without a packet`);
    assert.equal(stream.lost, 0);
  });

  it("stays when a device refused a datagram once", () => {
    const { simulation, stream, send } = startStream(76);
    const { end } = simulation.client;
    let refusals = 0;

    end.isTooBig = ({ bytes: { length } }) => length + UDP_OVER_IP4 > 1400 && refusals++ === 0;
    simulation.run(seconds(6), milliseconds(2), send);

    assert.equal(refusals > 100, true);
    assert.deepEqual(
      simulation.client.links.map(({ pathMtu }) => pathMtu.current),
      [1500, 1500],
    );
    assert.equal(mtuChanges(simulation, "client").length, 1);
    stream.checkOrder();
  });

  it("that grows again is found after the raise timer (RFC 8899 §5.1.1)", () => {
    const line = lineOf(20, 10, { mtu: bytes(1400) });
    const simulation = new Simulation({ lines: [line], seed: 73, crypto });
    simulation.connect();
    simulation.run(seconds(5));

    for (const direction of [simulation.ups[0], simulation.downs[0]]) {
      direction?.change({ mtu: bytes(1500) }, simulation.now);
    }
    simulation.run(seconds(620));

    assert.equal(simulation.client.tunnel.mtu, FULL_PACKET);
    assert.equal(simulation.serverTunnel?.mtu, FULL_PACKET);
  });

  it("below the usual ones does not let a long line seem dead while it is searched", () => {
    const simulation = new Simulation({ lines: [lineOf(5, 300, { mtu: bytes(1310) })], seed: 74, crypto });
    simulation.connect();

    simulation.run(seconds(60));

    const downs = simulation.events.filter(
      ({ at, event }) => at > 2000 && event.kind === "link changed" && event.state.kind !== "up",
    );
    assert.deepEqual(downs, []);
    assert.ok((simulation.client.links[0]?.pathMtu.current ?? 0) > 1300);
  });

  function startStream(seed: number) {
    const simulation = new Simulation({
      lines: [lineOf(20, 10), lineOf(20, 10)],
      seed,
      crypto,
      scheduler: "weighted",
    });
    simulation.connect();
    const stream = new Stream(simulation, { direction: "up" });
    const send = () => stream.send(FULL_PACKET);
    simulation.run(seconds(3), milliseconds(2), send);
    return { simulation, stream, send };
  }
});

function mtuChanges(simulation: Simulation, end: "client" | "server"): number[] {
  return simulation.events.flatMap((happened) =>
    happened.end === end && happened.event.kind === "mtu changed" ? happened.event.mtu : [],
  );
}
