import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { after, describe, it } from "node:test";
import { FLAG_CONTINUES, MINIMUM_SCRATCH, PACKET_COLUMN_COUNT, TunDevice, type TunOptions } from "../../index.ts";
import { run } from "../support/commands.ts";

const opened: TunDevice[] = [];
const open = (options: Partial<TunOptions> = {}): TunDevice => {
  const device = TunDevice.open({ name: "t%d", kind: "tun", ...options });
  opened.push(device);
  return device;
};

after(() => {
  for (const device of opened) device.close();
});

describe("A device", () => {
  it("has the name that the kernel gave it, a descriptor and the MTU asked for", () => {
    const device = open({ name: "pattern%d", mtu: 1380 });

    const [link] = JSON.parse(run("ip", "-json", "link", "show", device.name));

    assert.match(device.name, /^pattern\d+$/);
    assert.ok(device.fd > 2);
    assert.equal(link.mtu, 1380);
  });

  it("is granted offloads, or none when none are wanted", () => {
    const { virtioHeader, checksum, tcp4, tcp6 } = open().offloads;
    const plain = open({ offload: false }).offloads;

    assert.deepEqual(
      { virtioHeader, checksum, tcp4, tcp6 },
      { virtioHeader: true, checksum: true, tcp4: true, tcp6: true },
    );
    assert.ok(Object.values(plain).every((granted) => !granted));
  });

  it("is set up, with another MTU and queue length", () => {
    const device = open({ kind: "tap" });

    device.setMtu(9000);
    device.setTransmitQueueLength(5000);
    device.setUp();

    const [link] = JSON.parse(run("ip", "-json", "link", "show", device.name));
    assert.deepEqual([link.mtu, link.txqlen, link.flags.includes("UP")], [9000, 5000, true]);
  });

  it("has several queues when it was opened so", () => {
    const first = open({ multiQueue: true });

    const second = open({ name: first.name, multiQueue: true });

    assert.equal(second.name, first.name);
    assert.notEqual(second.fd, first.fd);
  });

  it("says which system call failed and how", () => {
    const first = open();

    assert.throws(() => open({ name: first.name }), { code: "EBUSY", operation: "TUNSETIFF" });
    assert.throws(() => open({ name: "a/b" }), { code: "EINVAL", operation: "TUNSETIFF" });
    assert.throws(() => open({ kind: "tap", mtu: 20 }), { code: "EINVAL", operation: "SIOCSIFMTU" });
    assert.throws(() => first.setMtu(20), { code: "EINVAL", operation: "SIOCSIFMTU" });
  });

  it("says so when privilege or /dev/net/tun is missing", () => {
    const withoutPrivilege = ["setpriv", "--bounding-set", "-net_admin"];
    const withoutFile = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /dev/net && exec "$@"', "sh"];

    assert.equal(failureOf(withoutPrivilege), "EPERM TUNSETIFF\n");
    assert.equal(failureOf(withoutFile), "ENOENT open /dev/net/tun\n");
  });

  it("reads nothing from an empty queue and checks the room it is given", () => {
    const device = open();
    const arena = new Uint8Array(MINIMUM_SCRATCH);

    assert.equal(device.read(arena, 0, arena.length, new Int32Array(5), 1), 0);
    assert.throws(() => device.read(arena, 0, arena.length - 1, new Int32Array(5), 1), RangeError);
    assert.throws(() => device.read(arena, 1, arena.length, new Int32Array(5), 1), RangeError);
    assert.throws(() => device.read(arena, 0, arena.length, new Int32Array(4), 1), RangeError);
    assert.throws(() => device.write(arena, Int32Array.of(arena.length, 1, 0), 1, 1), RangeError);
  });

  it("says which packets that were read by themselves are like the one before", async () => {
    const device = open();
    run("ip", "address", "add", "10.9.0.1/24", "dev", device.name);
    device.setUp();
    const socket = createSocket("udp4");
    const sendTo = (port: number, length: number): Promise<void> =>
      new Promise((resolve) => socket.send(new Uint8Array(length), port, "10.9.0.2", () => resolve()));

    for (const [port, length] of [
      [9, 900],
      [9, 900],
      [9, 900],
      [9, 899],
      [9, 899],
      [8, 899],
      [8, 899],
      [8, 900],
    ] as const)
      await sendTo(port, length);
    socket.close();

    const arena = new Uint8Array(4 * MINIMUM_SCRATCH);
    const columns = new Int32Array(PACKET_COLUMN_COUNT * 32);
    const count = device.read(arena, 0, arena.length, columns, 32);
    const rows = Array.from({ length: count }, (_, row) => row);
    const flags = rows.filter((row) => arena[columns[row] ?? 0] === 0x45).map((row) => columns[4 * 32 + row] ?? 0);
    assert.deepEqual(
      flags.map((flag) => (flag & FLAG_CONTINUES) !== 0),
      [false, true, true, false, true, false, true, false],
    );
  });

  it("counts the packets that the kernel does not take", () => {
    const device = open();

    const refused = device.write(new Uint8Array(40), Int32Array.of(0, 40, 0), 1, 1);

    assert.equal(refused, 1);
    assert.equal(device.statistics().writeErrors, 1);
  });

  it("is closed once and for all", () => {
    const device = open();
    const arena = new Uint8Array(MINIMUM_SCRATCH);

    device.close();
    device.close();

    assert.equal(device.fd, -1);
    assert.throws(() => device.read(arena, 0, arena.length, new Int32Array(5), 1), { code: "EBADF" });
    assert.throws(() => device.write(arena, new Int32Array(3), 1, 1), { code: "EBADF" });
    assert.throws(() => TunDevice.waitReadable([device], 0), { code: "EBADF" });
    assert.equal(device.statistics().reads, 0);
  });
});

/** What opening a device fails with in a process that a program starts. */
function failureOf(starter: readonly string[]): string {
  const [program = "", ...options] = starter;
  const source = `
    import { TunDevice } from ${JSON.stringify(new URL("../../index.js", import.meta.url).href)};
    try {
      TunDevice.open({ name: "", kind: "tun" });
    } catch (error) {
      console.log(error.code, error.operation);
    }`;
  return run(program, ...options, process.execPath, "--input-type=module", "--eval", source);
}
