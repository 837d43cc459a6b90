import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { after, describe, it } from "node:test";
import { Worker } from "node:worker_threads";
import { QueueSteering, TunDevice } from "../../index.ts";
import { run } from "../support/commands.ts";
import { readPackets } from "../support/device-reader.ts";

const opened: { close(): void }[] = [];

after(() => {
  for (const one of opened) one.close();
});

describe("Queues that a table steers", () => {
  it("get the packets for their networks, the longest prefix winning, and the first what no network has", async () => {
    const { queues, steering } = open(3);
    steering.set(Uint8Array.of(10, 9, 0, 0), 24, 1);
    steering.set(Uint8Array.of(10, 9, 0, 77), 32, 2);
    steering.set(address6(0), 64, 2);
    steering.set(address6(5), 128, 1);

    await sendTo("10.9.0.2", "10.9.0.77", "10.9.1.1", "10.9.0.255", "fd00::5", "fd00::6", "fd00:1::1");

    assert.deepEqual(
      queues.map((queue, index) => destinations(queue, [2, 3, 2][index] ?? 0)),
      [
        ["10.9.1.1", "fd00:1::1"],
        ["10.9.0.2", "10.9.0.255", "fd00::5"],
        ["10.9.0.77", "fd00::6"],
      ],
    );
  });

  it("follow changes that another thread makes", async () => {
    const { queues, steering } = open(2);
    steering.set(Uint8Array.of(10, 9, 0, 2), 32, 1);
    assert.equal(steering.remove(Uint8Array.of(10, 9, 0, 2), 32), true);
    assert.equal(steering.remove(Uint8Array.of(10, 9, 0, 2), 32), false);
    await inThread(steering.descriptor, "steering.set(Uint8Array.of(10, 9, 0, 3), 32, 1)");

    await sendTo("10.9.0.2", "10.9.0.3");

    assert.deepEqual(destinations(queues[0], 1), ["10.9.0.2"]);
    assert.deepEqual(destinations(queues[1], 1), ["10.9.0.3"]);
  });

  it("keep the table when its handle is closed", async () => {
    const { queues, steering } = open(2);
    steering.set(Uint8Array.of(10, 9, 0, 4), 32, 1);
    steering.close();
    steering.close();

    await sendTo("10.9.0.4");

    assert.deepEqual(destinations(queues[1], 1), ["10.9.0.4"]);
    assert.equal(steering.descriptor, -1);
    assert.throws(() => steering.set(Uint8Array.of(1, 2, 3, 4), 32, 0), { code: "EBADF" });
    assert.throws(() => queues[0]?.steer(steering), { code: "EBADF" });
  });

  it("are told what is no network, no queue and no table, and when it is full", () => {
    const steering = QueueSteering.create(1);
    opened.push(steering);
    steering.set(Uint8Array.of(10, 0, 0, 1), 32, 0);

    assert.throws(() => steering.set(new Uint8Array(5), 32, 0), RangeError);
    assert.throws(() => steering.set(new Uint8Array(4), 33, 0), RangeError);
    assert.throws(() => steering.set(new Uint8Array(16), 129, 0), RangeError);
    assert.throws(() => steering.set(new Uint8Array(4), 32, 256), RangeError);
    assert.throws(() => steering.set(Uint8Array.of(10, 0, 0, 2), 32, 0), { code: "ENOSPC" });
    assert.throws(() => QueueSteering.share(0), { code: "EBADF" });
    assert.throws(() => QueueSteering.create(0), RangeError);
  });

  it("are not to be had without CAP_BPF", () => {
    const source = `
      import { QueueSteering } from ${JSON.stringify(new URL("../../index.js", import.meta.url).href)};
      try {
        QueueSteering.create(1);
      } catch (error) {
        console.log(error.code, error.operation);
      }`;
    const without = ["--bounding-set", "-bpf,-sys_admin"];

    const said = run("setpriv", ...without, process.execPath, "--input-type=module", "--eval", source);

    assert.equal(said, "EPERM BPF_MAP_CREATE\n");
  });
});

/** A device that is the way to 10.9.0.0/16 and fd00::/16, with so many queues. */
function open(count: number): { readonly queues: TunDevice[]; readonly steering: QueueSteering } {
  for (const one of opened.splice(0)) one.close();
  const first = TunDevice.open({ name: "t%d", kind: "tun", multiQueue: true });
  const others = Array.from({ length: count - 1 }, () =>
    TunDevice.open({ name: first.name, kind: "tun", multiQueue: true }),
  );
  const queues = [first, ...others];
  const steering = QueueSteering.create(100);
  opened.push(...queues, steering);
  first.steer(steering);
  run("ip", "address", "add", "10.9.255.1/16", "dev", first.name);
  run("ip", "address", "add", "fd00:ffff::1/16", "dev", first.name, "nodad");
  first.setUp();
  return { queues, steering };
}

async function sendTo(...addresses: readonly string[]): Promise<void> {
  for (const address of addresses) {
    const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
    await new Promise<void>((resolve, reject) => {
      socket.send("x", 9, address, (error) => (error === null ? resolve() : reject(error)));
    });
    socket.close();
  }
}

/** The destinations of the next packets of a queue. */
function destinations(queue: TunDevice | undefined, count: number): string[] {
  if (queue === undefined) return [];
  return readPackets(queue, count, 64).map((packet) => {
    if ((packet[0] ?? 0) >> 4 === 4) return packet.subarray(16, 20).join(".");
    const [first = "", second = ""] = [hexadecimal(packet.subarray(24, 28)), hexadecimal(packet.subarray(38, 40))];
    return `${first.startsWith("fd00:1") ? "fd00:1" : "fd00"}::${second}`;
  });
}

function hexadecimal(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const groups = Array.from({ length: bytes.length / 2 }, (_, group) => view.getUint16(2 * group).toString(16));
  return groups.join(":");
}

function address6(last: number): Uint8Array {
  const address = new Uint8Array(16);
  address[0] = 0xfd;
  address[15] = last;
  return address;
}

async function inThread(descriptor: number, statement: string): Promise<void> {
  const source = `
    import { workerData } from "node:worker_threads";
    const { QueueSteering } = await import(${JSON.stringify(new URL("../../index.js", import.meta.url).href)});
    const steering = QueueSteering.share(workerData);
    ${statement};
    steering.close();
  `;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {
    workerData: descriptor,
  });
  const exitCode = await new Promise((resolve, reject) => worker.on("exit", resolve).on("error", reject));
  assert.equal(exitCode, 0);
}
