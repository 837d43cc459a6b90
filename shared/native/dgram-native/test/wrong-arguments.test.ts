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
import { Dice } from "./dice.ts";

const ROUNDS = 30_000;
const SEED = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const CAPACITY = 16;
// BPF_RET | BPF_K of linux/filter.h.
const RETURN = 0x06;
const ARENA_LENGTH = 100_000;

describe(`Any call with any arguments (SEED=${SEED})`, () => {
  it("works or throws TypeError, RangeError or a system error, and never crashes", () => {
    const dice = new Dice(SEED);
    const world = makeWorld(dice);
    const counts = { worked: 0, refused: 0 };

    for (let round = 0; round < ROUNDS; round++) {
      const call = dice.pick(world.calls);
      const args = call.usual().map((value) => (dice.random() < 0.12 ? dice.junk() : value));
      if (dice.random() < 0.02) args.length = Math.floor(dice.random() * (args.length + 1));
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

/** A method and arguments that it usually takes. */
type Call = { readonly receiver: unknown; readonly method: CallableFunction; usual(): unknown[] };

function makeWorld(dice: Dice) {
  const world: World = {
    dice,
    arena: new Uint8Array(new SharedArrayBuffer(ARENA_LENGTH)),
    aead: new Aead(4),
    // Bound to loopback: whatever a random address record says, nothing leaves this machine.
    sockets: [true, false].map((offload) => {
      return UdpSocket.open({ family: 4, address: "127.0.0.1", device: "lo", offload });
    }),
    poller: new Poller(),
  };
  const close = () => {
    for (const socket of world.sockets) socket.close();
    world.poller.close();
  };
  return {
    calls: [...aeadCalls(world), ...socketCalls(world), ...pollerCalls(world), ...constructions(dice)],
    close,
  };
}

type World = {
  readonly dice: Dice;
  readonly arena: Uint8Array;
  readonly aead: Aead;
  readonly sockets: readonly UdpSocket[];
  readonly poller: Poller;
};

function aeadCalls(world: World): Call[] {
  const { aead, dice } = world;
  const received = () => Int32Array.from({ length: CAPACITY * RECEIVE_COLUMN_COUNT }, () => cell(dice));
  const out = () => [new Uint8Array(40_000), dice.integer(20), 2048, new Int32Array(16)];
  return [
    on(aead, "addKey", () => [dice.pick(["aes-256-gcm", "chacha20-poly1305"]), new Uint8Array(32)]),
    on(aead, "removeKey", () => [dice.integer(4)]),
    on(aead, "open", () => [arenaWithRecord(world), received(), ...rows(dice)]),
    on(aead, "seal", () => [arenaWithRecord(world), transmitColumns(dice), ...rows(dice), ...out()]),
  ];
}

function socketCalls(world: World): Call[] {
  const { aead, arena, dice, poller, sockets } = world;
  const columns = () => new Int32Array(128 * RECEIVE_COLUMN_COUNT);
  return sockets.flatMap((socket) => [
    on(socket, "send", () => [aead, arenaWithRecord(world), transmitColumns(dice), ...rows(dice)]),
    on(socket, "receive", () => [arena, 64 + dice.integer(9), 80_000, columns(), 128]),
    on(socket, "takeRefused", () => [arena, 8 * dice.integer(9)]),
    on(socket, "steer", () => [[[RETURN, 0, 0, dice.integer(3)]]]),
    on(poller, "set", () => [socket.fd, { readable: true, writable: dice.random() < 0.1 }]),
    on(poller, "remove", () => [socket.fd]),
  ]);
}

function pollerCalls({ dice, poller }: World): Call[] {
  // Woken beforehand: a random timeout may be a day.
  const wait = (...args: unknown[]) => {
    poller.wake();
    return Reflect.apply(poller.wait, poller, args);
  };
  return [
    call(wait, () => [dice.random(), new Int32Array(dice.integer(4)), new Int32Array(4)]),
    call(wake, () => [poller.wakeFd]),
  ];
}

function constructions(dice: Dice): Call[] {
  const open = (...args: unknown[]) => Reflect.construct(native.UdpSocket, args).close();
  const poll = (...args: unknown[]) => Reflect.construct(native.Poller, args).close();
  const hold = (...args: unknown[]) => Reflect.construct(native.Aead, args);
  return [
    call(open, () => [false, false, new Uint8Array(ADDRESS_RECORD_SIZE), "", -1, 0, 0, 2048, false, 3]),
    call(poll, () => [5000]),
    call(hold, () => [dice.integer(9)]),
    call(native.interfaceIndex, () => ["lo"]),
  ];
}

function on(receiver: object, name: string, usual: () => unknown[]): Call {
  const method: unknown = Reflect.get(receiver, name);
  if (typeof method !== "function") throw new Error(`${name} is no method`);
  return { receiver, method, usual };
}

function call(method: CallableFunction, usual: () => unknown[]): Call {
  return { receiver: undefined, method, usual };
}

function rows(dice: Dice): number[] {
  return [CAPACITY, dice.integer(4), 4 + dice.integer(CAPACITY - 3)];
}

function cell(dice: Dice): number {
  const choices = [
    dice.integer(300),
    dice.integer(4),
    dice.integer(2 * ARENA_LENGTH),
    -dice.integer(100),
    dice.edge(),
  ];
  return dice.pick(choices);
}

/** Rows that are right, but for one random cell in every second batch. */
function transmitColumns(dice: Dice): Int32Array {
  const columns = new Int32Array(CAPACITY * TRANSMIT_COLUMN_COUNT);
  for (let row = 0; row < CAPACITY; row++) {
    const [headOffset, bodyOffset, length] = [dice.integer(300), dice.integer(300), dice.integer(900)];
    const values = [headOffset, dice.integer(300), bodyOffset, length, 1, 2, 0, row, dice.integer(5) - 1, 0];
    for (const [column, value] of values.entries()) columns[column * CAPACITY + row] = value;
    // A run of up to three, of which each is prefixed.
    const run = {
      11: row % 3,
      12: dice.integer(90),
      13: -dice.integer(3),
      14: dice.integer(9),
      15: 1,
      16: -1,
      17: 256,
    };
    for (const [column, value] of Object.entries(run)) columns[Number(column) * CAPACITY + row] = value;
  }
  if (dice.random() < 0.5) columns[dice.integer(columns.length)] = cell(dice);
  return columns;
}

function arenaWithRecord({ arena, dice, sockets }: World): Uint8Array {
  writeAddressRecord(arena, 0, { address: "127.0.0.1", port: dice.pick(sockets).port });
  return arena;
}

function isExpected(error: Error): boolean {
  return error instanceof TypeError || error instanceof RangeError || "errno" in error;
}
