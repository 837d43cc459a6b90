import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  ADDRESS_RECORD_SIZE,
  Aead,
  Poller,
  RECEIVE_COLUMN_COUNT,
  TRANSMIT_COLUMN_COUNT,
  UdpSocket,
  wake,
  writeAddressRecord,
} from "../index.ts";
import { native } from "../native-binding.ts";

const ROUNDS = 30_000;
const SEED = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const CAPACITY = 16;
const ARENA_LENGTH = 100_000;

describe(`Any call with any arguments (SEED=${SEED})`, () => {
  it("works or throws TypeError, RangeError or a system error, and never crashes", () => {
    const world = makeWorld(makeRandom(SEED));
    const counts = { worked: 0, refused: 0 };

    for (let round = 0; round < ROUNDS; round++) {
      const call = world.pick(world.calls);
      const args = call.usual().map((value) => (world.random() < 0.12 ? world.junk() : value));
      if (world.random() < 0.02) args.length = Math.floor(world.random() * (args.length + 1));
      try {
        Reflect.apply(call.method, call.receiver, args);
        counts.worked++;
      } catch (error) {
        assert.ok(error instanceof Error, `${call.method.name} threw ${String(error)}`);
        assert.ok(isExpected(error), `${call.method.name}: ${error.stack}`);
        counts.refused++;
      }
    }
    world.close();

    assert.ok(counts.worked > ROUNDS / 10 && counts.refused > ROUNDS / 10, JSON.stringify(counts));
  });

  it("is refused on an object of another class", () => {
    const aead = new Aead(1);
    const poller = new Poller();
    const methods = [native.Aead, native.UdpSocket, native.Poller].flatMap((type) =>
      Object.values(Object.getOwnPropertyDescriptors(type.prototype)).flatMap(({ value }) =>
        typeof value === "function" && value !== type ? [{ type, value }] : [],
      ),
    );

    assert.ok(methods.length > 15);
    for (const { type, value } of methods) {
      for (const receiver of [
        undefined,
        null,
        {},
        1,
        aead,
        poller,
        new Uint8Array(8),
        Object.create(type.prototype),
      ]) {
        if (receiver instanceof type && receiver === aead) continue;
        assert.throws(() => Reflect.apply(value, receiver, [0, 0, 0, 0, 0, 0]), TypeError);
      }
    }
    poller.close();
  });

  it("is refused on a class without new", () => {
    for (const type of [native.Aead, native.UdpSocket, native.Poller]) {
      assert.throws(() => Reflect.apply(type, undefined, [1]), TypeError);
      assert.throws(() => Reflect.apply(type, new Aead(1), [1]), TypeError);
    }
  });

  it("is refused on an arena whose memory was transferred away", () => {
    const aead = new Aead(1);
    const slot = aead.addKey("aes-256-gcm", new Uint8Array(32));
    const arena = new Uint8Array(4096);
    const columns = new Int32Array(RECEIVE_COLUMN_COUNT);
    columns[1] = 100;
    columns[7] = slot;
    assert.equal(aead.open(arena, columns, 1, 0, 1), 0);

    structuredClone(arena.buffer, { transfer: [arena.buffer] });
    assert.throws(() => aead.open(arena, columns, 1, 0, 1), RangeError);

    structuredClone(columns.buffer, { transfer: [columns.buffer] });
    assert.throws(() => aead.open(new Uint8Array(4096), columns, 1, 0, 1), RangeError);
  });
});

type Call = { readonly receiver: unknown; readonly method: CallableFunction; usual(): unknown[] };

function makeWorld(random: () => number) {
  const arena = new Uint8Array(new SharedArrayBuffer(ARENA_LENGTH));
  const aead = new Aead(4);
  const sockets = [true, false].map((offload) => UdpSocket.open({ family: 4, address: "127.0.0.1", offload }));
  const poller = new Poller();
  const integer = (limit: number) => Math.floor(random() * limit);
  const pick = <T>(values: readonly T[]): T => {
    const value = values[integer(values.length)];
    if (value === undefined) throw new Error("nothing to pick");
    return value;
  };
  const junk = makeJunk(integer, pick);
  const cell = () => pick([integer(300), integer(4), integer(2 * ARENA_LENGTH), -integer(100), junkInteger(integer)]);
  const columns = (count: number) => Int32Array.from({ length: CAPACITY * count }, cell);
  const records = () => {
    writeAddressRecord(arena, 0, { address: "127.0.0.1", port: pick(sockets).port });
    return arena;
  };
  const rows = () => [CAPACITY, integer(4), 4 + integer(CAPACITY - 3)];
  /** Rows that are right but for what a few random cells make of them. */
  const transmit = () => {
    const made = new Int32Array(CAPACITY * TRANSMIT_COLUMN_COUNT);
    for (let row = 0; row < CAPACITY; row++) {
      const values = [integer(300), integer(300), integer(300), integer(900), 1, 2, 0, row, integer(5) - 1, 0];
      for (const [column, value] of values.entries()) made[column * CAPACITY + row] = value;
    }
    if (random() < 0.5) made[integer(made.length)] = cell();
    return made;
  };
  const on = (receiver: object, name: string, usual: () => unknown[]): Call => {
    const method: unknown = Reflect.get(receiver, name);
    if (typeof method !== "function") throw new Error(`${name} is no method`);
    return { receiver, method, usual };
  };
  const calls: Call[] = [
    on(aead, "addKey", () => [pick(["aes-256-gcm", "chacha20-poly1305"]), new Uint8Array(32)]),
    on(aead, "removeKey", () => [integer(4)]),
    on(aead, "open", () => [records(), columns(RECEIVE_COLUMN_COUNT), ...rows()]),
    on(aead, "seal", () => [
      records(),
      transmit(),
      ...rows(),
      new Uint8Array(40_000),
      integer(20),
      2048,
      new Int32Array(16),
    ]),
    {
      receiver: undefined,
      method: waitAwake,
      usual: () => [random(), new Int32Array(integer(4)), new Int32Array(4)],
    },
    on(poller, "remove", () => [pick(sockets).fd]),
    { receiver: undefined, method: wake, usual: () => [poller.wakeFd] },
    ...sockets.flatMap((socket) => [
      on(socket, "send", () => [aead, records(), transmit(), ...rows()]),
      on(socket, "receive", () => [arena, 64 + integer(9), 80_000, new Int32Array(128 * RECEIVE_COLUMN_COUNT), 128]),
      on(poller, "set", () => [socket.fd, { readable: true, writable: random() < 0.1 }]),
    ]),
    {
      receiver: undefined,
      method: openAndClose,
      usual: () => [false, false, anyRecord(), "", -1, 0, 0, 2048, false, 3],
    },
    {
      receiver: native,
      method: (slack: unknown) => Reflect.construct(native.Poller, [slack]).close(),
      usual: () => [5000],
    },
    {
      receiver: native,
      method: (size: unknown) => Reflect.construct(native.Aead, [size]),
      usual: () => [integer(9)],
    },
    { receiver: undefined, method: native.interfaceIndex, usual: () => ["lo"] },
  ];
  // Woken beforehand: a random timeout may be a day.
  function waitAwake(...args: unknown[]): unknown {
    poller.wake();
    return Reflect.apply(poller.wait, poller, args);
  }
  const close = () => {
    for (const socket of sockets) socket.close();
    poller.close();
  };
  return { random, pick, junk, calls, close };
}

function openAndClose(...args: unknown[]): void {
  Reflect.construct(native.UdpSocket, args).close();
}

function anyRecord(): Uint8Array {
  return new Uint8Array(ADDRESS_RECORD_SIZE);
}

/** Values that a wrong caller might give. No descriptor is among them that another test could own. */
function makeJunk(integer: (limit: number) => number, pick: <T>(values: readonly T[]) => T): () => unknown {
  const makers: readonly (() => unknown)[] = [
    () => undefined,
    () => null,
    () => true,
    () => "junk",
    () => "x".repeat(integer(5000)),
    () => Symbol("junk"),
    () => 10n ** 30n,
    () => ({}),
    () => [1, 2, 3],
    () => () => 1,
    () => new Aead(1),
    () => new Uint8Array(integer(100)),
    () => new Int32Array(integer(400)),
    () => new Int32Array(4000).subarray(integer(4000)),
    () => new Float64Array(100),
    () => new DataView(new ArrayBuffer(10)),
    () => new ArrayBuffer(100),
    () => new Proxy(new Uint8Array(100), {}),
    () => junkInteger(integer),
    () => integer(100_000),
    () => -integer(100_000),
    () => pick([0.5, Number.NaN, -0.25, 1e300, Number.MAX_SAFE_INTEGER]),
    () => Number.NEGATIVE_INFINITY,
  ];
  return () => pick(makers)();
}

function junkInteger(integer: (limit: number) => number): number {
  const edges = [0, 2 ** 16, 2 ** 24, 2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 31), -(2 ** 32)];
  return (edges[integer(edges.length)] ?? 0) + integer(3) - 1;
}

function isExpected(error: Error): boolean {
  return error instanceof TypeError || error instanceof RangeError || "errno" in error;
}

/** mulberry32: the same seed gives the same numbers. */
function makeRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
