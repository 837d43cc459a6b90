import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import { milliseconds, seconds } from "../../shared/protocol/units.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { Random } from "../emulator/random.ts";
import { lineOf } from "../sim/lines.ts";
import type { Datagram } from "../sim/simulated-end.ts";
import { type Recorded, Simulation } from "../sim/simulation.ts";
import { stateOf } from "../sim/state.ts";
import { Stream } from "../sim/stream.ts";

const SEED = 20_261_121;
const BATCH = 512;
const BATCHES_PER_CHUNK = 100;
const CHUNKS_PER_END = 10;

// A stranger that guesses addresses as well.
const STRANGER = { host: 3000, port: 1 };

describe("A million hostile datagrams", () => {
  let crypto: HandshakeCrypto;

  before(async () => {
    crypto = await createHandshakeCrypto();
  });

  for (const target of ["server", "client"] as const) {
    it(`change nothing at the ${target} but counters, and every one is counted`, () => {
      const dice = new Random(SEED);
      const simulation = new Simulation({ lines: [lineOf(20, 10), lineOf(20, 10)], seed: 5, crypto });
      const samples = recordSamples(simulation, target === "server");
      const streams = [new Stream(simulation, { direction: "up" }), new Stream(simulation, { direction: "down" })];

      for (let chunk = 0; chunk < CHUNKS_PER_END; chunk++) {
        const state = stateOf(simulation);
        const dropped = dropsOf(simulation, target);

        for (let batch = 0; batch < BATCHES_PER_CHUNK; batch++) attack(simulation, target, dice, samples);

        assert.deepEqual(stateOf(simulation), state);
        assert.equal(dropsOf(simulation, target) - dropped, BATCH * BATCHES_PER_CHUNK);
        exchange(simulation, streams);
      }
    });
  }
});

/** Connects, lets data flow, and returns what was sent towards one end. */
function recordSamples(simulation: Simulation, isUp: boolean): readonly Recorded[] {
  simulation.recorded = [];
  simulation.connect();
  simulation.run(seconds(5));
  const streams = (["up", "down"] as const).map((direction) => new Stream(simulation, { direction, port: 999 }));
  for (let size = 40; size < 1500; size += 20) {
    for (const stream of streams) stream.send(size);
    simulation.run(milliseconds(simulation.now + 5));
  }
  simulation.run(milliseconds(simulation.now + 500));
  const samples = simulation.recorded.filter((recorded) => recorded.isUp === isUp);
  simulation.recorded = undefined;
  return samples;
}

function attack(
  simulation: Simulation,
  target: "server" | "client",
  dice: Random,
  samples: readonly Recorded[],
): void {
  const datagrams = Array.from({ length: BATCH }, () => hostileDatagram(dice, samples));
  const { end } = target === "server" ? simulation.server : simulation.client;
  end.receiveBatch(datagrams, 0, simulation.now);
}

/** Real traffic goes on: all that is sent comes, in order. */
function exchange(simulation: Simulation, streams: readonly Stream[]): void {
  for (const stream of streams) for (let packet = 0; packet < 10; packet++) stream.send(1000);
  simulation.run(milliseconds(simulation.now + 100));
  for (const stream of streams) {
    stream.checkOrder();
    assert.equal(stream.lost, 0);
  }
}

/** All drops that one end has counted, whether they belong to a bundle or not. */
function dropsOf(simulation: Simulation, target: "server" | "client"): number {
  const { host } = target === "server" ? simulation.server.end : simulation.client.end;
  return [...host.tunnels].reduce((sum, { drops }) => sum + drops.total, host.drops.total);
}

/** Anything but an initiation as it was sent, which may be answered again. */
function hostileDatagram(dice: Random, samples: readonly Recorded[]): Datagram {
  const sample = samples[dice.below(samples.length)];
  if (sample === undefined) throw new Error("no samples");
  const from = dice.happens(0.5) ? STRANGER : sample.datagram.from;
  const bytes = mutate(dice, sample.datagram.bytes);
  const isUnchanged =
    bytes.length === sample.datagram.bytes.length && bytes.every((byte, at) => byte === sample.datagram.bytes[at]);
  if (isUnchanged && bytes[0] === 1) return hostileDatagram(dice, samples);
  return { bytes, from, to: sample.datagram.to };
}

function mutate(dice: Random, real: Uint8Array): Uint8Array {
  switch (dice.below(8)) {
    case 0:
      return noise(dice, dice.below(dice.happens(0.05) ? 4000 : 100));
    case 1:
      return real.slice(0, dice.below(real.length));
    case 2:
      return flipped(dice, real);
    case 3:
      return Uint8Array.of(...real, ...noise(dice, 1 + dice.below(dice.happens(0.02) ? 2500 : 20)));
    case 4:
      return real;
    case 5:
      return Uint8Array.of(...real.subarray(0, 8), ...noise(dice, dice.below(80)));
    case 6:
      return withHeader(real, 0, dice.uint32());
    default:
      // The right link, another packet number.
      return withHeader(real, 4, dice.happens(0.5) ? dice.below(100_000) : dice.uint32());
  }
}

function noise(dice: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => dice.below(256));
}

function flipped(dice: Random, real: Uint8Array): Uint8Array {
  const bytes = real.slice();
  for (let flips = 1 + dice.below(3); flips > 0; flips--) {
    const bit = dice.below(bytes.length * 8);
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  }
  return bytes;
}

function withHeader(real: Uint8Array, offset: number, word: number): Uint8Array {
  const bytes = real.slice();
  new DataView(bytes.buffer).setUint32(offset, word);
  return bytes;
}
