import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { type BpfInstruction, UdpSocket, type UdpSocketOptions } from "../index.ts";
import { receiveAll, sendAll, TransmitBatch } from "./batches.ts";

// linux/filter.h and linux/bpf_common.h.
const LOAD_BYTE = 0x30;
const MODULO = 0x94;
const RETURN_ACCUMULATOR = 0x16;

const LOOPBACK = { family: 4, address: "127.0.0.1" } as const;

/** The second byte of the payload says which of three sockets gets it. */
const BY_SECOND_BYTE: readonly BpfInstruction[] = [
  [LOAD_BYTE, 0, 0, 1],
  [MODULO, 0, 0, 3],
  [RETURN_ACCUMULATOR, 0, 0, 0],
];

describe("Sockets that share a port", () => {
  it("get the datagrams that a program gives them, by the order in which they were opened", (test) => {
    const sockets = openShared(test, 3);
    sockets[0]?.steer(BY_SECOND_BYTE);

    send(test, sockets, [0, 1, 2, 3, 4, 5, 2, 2]);

    assert.deepEqual(
      sockets.map((socket) => receiveAll(socket).map((datagram) => datagram[1])),
      [
        [0, 3],
        [1, 4],
        [2, 5, 2, 2],
      ],
    );
  });

  it("get them in the same way when they speak both families", (test) => {
    const sockets = openShared(test, 3, { family: 6, dualStack: true });
    for (const socket of sockets) socket.steer(BY_SECOND_BYTE);

    for (const address of ["127.0.0.1", "::1"]) send(test, sockets, [2, 1, 0, 2], address);

    assert.deepEqual(
      sockets.map((socket) => receiveAll(socket).map((datagram) => datagram[1])),
      [
        [0, 0],
        [1, 1],
        [2, 2, 2, 2],
      ],
    );
  });

  it("go by the program that was set last, whichever of them it was set on", (test) => {
    const sockets = openShared(test, 3);
    sockets[0]?.steer([[0x06, 0, 0, 0]]);
    sockets[2]?.steer(BY_SECOND_BYTE);

    send(test, sockets, [1, 1, 0]);

    assert.deepEqual(
      sockets.map((socket) => receiveAll(socket).length),
      [1, 2, 0],
    );
  });

  it("are told what is no program, and that a port is not shared", (test) => {
    const [shared] = openShared(test, 1);
    const alone = UdpSocket.open({ family: 4, address: "127.0.0.1" });
    test.after(() => alone.close());

    assert.throws(() => shared?.steer([]), RangeError);
    assert.throws(() => shared?.steer([[0x06, 0, 0, 2 ** 32]]), RangeError);
    assert.throws(() => shared?.steer([[0x06, 0, -1, 0]]), RangeError);
    assert.throws(() => shared?.steer([[LOAD_BYTE, 0, 0, 0]]), { code: "EINVAL" });
    assert.throws(() => alone.steer(BY_SECOND_BYTE), { code: "EINVAL", operation: "set SO_ATTACH_REUSEPORT_CBPF" });
  });
});

function openShared(test: TestContext, count: number, other: Partial<UdpSocketOptions> = LOOPBACK): UdpSocket[] {
  const options: UdpSocketOptions = { family: 4, ...other, reusePort: true };
  const first = UdpSocket.open(options);
  const others = Array.from({ length: count - 1 }, () => UdpSocket.open({ ...options, port: first.port }));
  const sockets = [first, ...others];
  test.after(() => {
    for (const socket of sockets) socket.close();
  });
  return sockets;
}

/** Sends one datagram for each of these second bytes, all from one address. A run that is cut later would stay together. */
function send(
  test: TestContext,
  to: readonly UdpSocket[],
  secondBytes: readonly number[],
  address: string = LOOPBACK.address,
): void {
  const sender = UdpSocket.open({ family: address.includes(":") ? 6 : 4, address, offload: false });
  test.after(() => sender.close());
  const batch = new TransmitBatch();
  const record = batch.address(address, to[0]?.port ?? 0);
  for (const second of secondBytes) batch.add({ head: Uint8Array.of(9, second, 0, 0), record });
  sendAll(sender, batch);
}
