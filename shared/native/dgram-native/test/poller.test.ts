import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { Worker } from "node:worker_threads";
import { monotonicMilliseconds, Poller, READY, UdpSocket, WakeHandle, wake } from "../index.ts";
import { numbered, receiveAll, sendAll, TransmitBatch } from "./batches.ts";

const READING = { readable: true, writable: false };
const LONG = 20_000;

describe("A poller", () => {
  it("names the descriptors that are ready, and for what", (test) => {
    const { poller, sockets, wait } = open(test, 3);
    const [first, second, third] = sockets;
    assert.ok(first && second && third);
    poller.set(first.fd, READING);
    poller.set(second.fd, { readable: true, writable: true });
    poller.set(third.fd, READING);
    sendTo(second, first);

    assert.deepEqual(
      wait(LONG),
      new Map([
        [first.fd, READY.readable],
        [second.fd, READY.writable],
      ]),
    );

    receiveAll(first);
    poller.set(second.fd, { readable: false, writable: false });
    assert.deepEqual(wait(0), new Map());
    sendTo(first, third);
    assert.deepEqual(wait(Number.POSITIVE_INFINITY), new Map([[third.fd, READY.readable]]));
    assert.equal(poller.remove(third.fd), true);
    assert.equal(poller.remove(third.fd), false);
    assert.equal(poller.remove(-1), false);
    assert.deepEqual(wait(0), new Map());
  });

  it("waits for fractions of a millisecond, and not less than was asked", (test) => {
    const { wait } = open(test, 0);

    for (const timeout of [0.2, 0.5, 1.5, 10.25]) {
      const start = monotonicMilliseconds();
      wait(timeout);
      assert.ok(monotonicMilliseconds() - start >= timeout);
    }
    const shortest = Math.min(
      ...Array.from({ length: 50 }, () => {
        const start = monotonicMilliseconds();
        wait(0.2);
        return monotonicMilliseconds() - start;
      }),
    );
    assert.ok(shortest < 1, `the shortest of 50 waits for 0.2 ms took ${shortest} ms`);
  });

  it("only looks when the time is over already", (test) => {
    const { wait } = open(test, 0);
    const start = monotonicMilliseconds();

    for (const timeout of [0, -1, Number.NEGATIVE_INFINITY]) wait(timeout);

    assert.ok(monotonicMilliseconds() - start < LONG);
    assert.throws(() => wait(Number.NaN), RangeError);
  });

  it("gives every descriptor its turn when the caller takes few", (test) => {
    const { poller, sockets } = open(test, 5);
    for (const socket of sockets) {
      poller.set(socket.fd, READING);
      sendTo(socket, socket);
    }
    const one = new Int32Array(1);

    const seen = sockets.map(() => {
      assert.equal(poller.wait(0, one, new Int32Array(4)), 1);
      return one[0];
    });

    assert.deepEqual(new Set(seen), new Set(sockets.map((socket) => socket.fd)));
  });

  it("is woken before or during a wait, once for any number of calls", (test) => {
    const { poller, wait } = open(test, 0);
    const start = monotonicMilliseconds();

    assert.equal(poller.wake(), true);
    assert.equal(wake(poller.wakeFd), true);
    assert.deepEqual(wait(LONG), new Map());
    assert.equal(poller.wasWoken, true);
    assert.ok(monotonicMilliseconds() - start < LONG);

    const again = monotonicMilliseconds();
    wait(5);
    assert.equal(poller.wasWoken, false);
    assert.ok(monotonicMilliseconds() - again >= 5);
  });

  it("is woken by another thread while it blocks", async (test) => {
    const poller = new Poller();
    const worker = new Worker(new URL("./waking-thread.js", import.meta.url), { workerData: poller.wakeFd });
    const hasExited = once(worker, "exit");
    test.after(() => worker.terminate());
    const empty = new Int32Array(0);

    // The worker says nothing before it wakes: its messages would need the event loop, which stands still.
    const start = monotonicMilliseconds();
    assert.equal(poller.wait(LONG, empty, empty), 0);
    assert.ok(monotonicMilliseconds() - start < LONG);

    await hasExited;
    poller.close();
  });

  it("wakes a thread that blocks, from here", async () => {
    const worker = new Worker(new URL("./polling-thread.js", import.meta.url));
    // Its last message and its exit may come in one turn of the event loop.
    const hasExited = once(worker, "exit");
    const [wakeFd] = await once(worker, "message");

    assert.equal(new WakeHandle(wakeFd).wake(), true);

    const [outcome] = await once(worker, "message");
    assert.equal(outcome, "woken");
    await hasExited;
    assert.equal(wake(wakeFd), false);
  });

  it("cannot be used once closed, and its number wakes nobody", () => {
    const poller = new Poller({ timerSlackMicroseconds: 0 });
    const { wakeFd } = poller;
    const handle = new WakeHandle(wakeFd);

    poller.close();
    poller.close();

    assert.equal(poller.wakeFd, -1);
    assert.equal(handle.wake(), false);
    assert.equal(poller.wake(), false);
    for (const fd of [0, 1, 2]) assert.equal(wake(fd), false);
    assert.throws(() => poller.wait(0, new Int32Array(1), new Int32Array(1)), { code: "EBADF" });
    assert.throws(() => poller.set(0, READING), { code: "EBADF" });
    assert.throws(() => poller.remove(0), { code: "EBADF" });
  });

  it("reports a descriptor that was closed as failed", (test) => {
    const { poller, sockets, wait } = open(test, 1);
    const [socket] = sockets;
    assert.ok(socket);
    const { fd } = socket;
    poller.set(fd, READING);

    socket.close();

    assert.deepEqual(wait(LONG), new Map([[fd, READY.failed | READY.readable]]));
  });
});

type Cleanup = { after(close: () => void): void };

function open(test: Cleanup, count: number) {
  const poller = new Poller();
  const sockets = Array.from({ length: count }, () => UdpSocket.open({ family: 4, address: "127.0.0.1" }));
  const fds = new Int32Array(8);
  const masks = new Int32Array(8);
  test.after(() => {
    for (const socket of sockets) socket.close();
    poller.close();
  });
  const wait = (timeout: number): Map<number | undefined, number | undefined> => {
    const count = poller.wait(timeout, fds, masks);
    return new Map(Array.from({ length: count }, (_, index) => [fds[index], masks[index]]));
  };
  return { poller, sockets, wait };
}

function sendTo(from: UdpSocket, to: UdpSocket): void {
  const batch = new TransmitBatch(1, 1024);
  batch.add({ head: numbered(1, 10), record: batch.address(to.address, to.port) });
  sendAll(from, batch);
}
