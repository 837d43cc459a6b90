import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Aead, type Cipher, UdpSocket, type UdpSocketOptions } from "../index.ts";
import { numbered, ReceiveBatch, receiveAll, sendAll, TransmitBatch } from "./batches.ts";

const isRoot = process.getuid?.() === 0;
const needsRoot = { skip: isRoot ? false : "needs root" } as const;

describe("A UDP socket", () => {
  for (const [family, address] of [
    [4, "127.0.0.1"],
    [6, "::1"],
  ] as const) {
    it(`carries datagrams over IPv${family} and tells where they came from`, (test) => {
      const [sender, receiver] = openPair({ family, address });
      test.after(() => closeAll(sender, receiver));
      const batch = new TransmitBatch();
      const record = batch.address(address, receiver.port);
      for (let row = 0; row < 10; row++)
        batch.add({ head: numbered(row, 20), body: numbered(row, row * 100), record });

      assert.equal(sendAll(sender, batch), 10);

      const received = new ReceiveBatch();
      assert.equal(received.receive(receiver), 10);
      for (let row = 0; row < 10; row++) {
        assert.deepEqual(received.datagram(row), concatenated(numbered(row, 20), numbered(row, row * 100)));
        assert.equal(received.source(row)?.address, address);
        assert.equal(received.source(row)?.family, family);
        assert.equal(received.source(row)?.port, sender.port);
        assert.equal(received.source(row)?.localAddress, null);
      }
      assert.equal(sender.address, address);
    });
  }

  it("speaks both families when dual stacked, and shows IPv4 addresses as such", (test) => {
    const server = UdpSocket.open({ family: 6, dualStack: true, packetInfo: true });
    const clients = [
      UdpSocket.open({ family: 4, address: "127.0.0.1" }),
      UdpSocket.open({ family: 6, address: "::1" }),
    ];
    test.after(() => closeAll(server, ...clients));
    for (const client of clients) {
      const batch = new TransmitBatch();
      batch.add({ head: numbered(1, 30), record: batch.address(client.address, server.port) });
      sendAll(client, batch);
      const received = new ReceiveBatch();

      assert.equal(received.receive(server), 1);

      const source = received.source(0);
      assert.equal(source?.address, client.address);
      assert.equal(source?.port, client.port);
      assert.equal(source?.localAddress, client.address);
      const answer = new TransmitBatch();
      const record = answer.address("::1", 1);
      answer.arena.set(
        received.arena.subarray(received.get(0, "addressOffset"), received.get(0, "addressOffset") + 48),
        record,
      );
      answer.add({ head: numbered(2, 40), record });
      sendAll(server, answer);
      assert.deepEqual(receiveAll(client), [numbered(2, 40)]);
    }
  });

  it("sends from the local address of the record and learns it by packet info", (test) => {
    const receiver = UdpSocket.open({ family: 4, packetInfo: true });
    const sender = UdpSocket.open({ family: 4 });
    test.after(() => closeAll(sender, receiver));
    const batch = new TransmitBatch();
    batch.add({ head: numbered(1, 30), record: batch.address("127.0.0.9", receiver.port, "127.0.0.7") });
    for (let row = 0; row < 4; row++) {
      batch.add({ head: numbered(1, 30), record: batch.address("127.0.0.9", receiver.port, "127.0.0.8") });
    }

    sendAll(sender, batch);

    const received = new ReceiveBatch();
    assert.equal(received.receive(receiver), 5);
    assert.equal(received.source(0)?.address, "127.0.0.7");
    assert.equal(received.source(4)?.address, "127.0.0.8");
    assert.equal(received.source(4)?.localAddress, "127.0.0.9");
    assert.equal(received.source(4)?.localInterface, 0);
  });

  for (const cipher of ["aes-256-gcm", "chacha20-poly1305"] as const) {
    it(`seals what it sends by ${cipher}, with the header words in clear, for the peer to open`, (test) => {
      const [sender, receiver] = openPair({ family: 4, address: "127.0.0.1", receiveBufferBytes: 8 << 20 });
      test.after(() => closeAll(sender, receiver));
      checkSealed(sender, receiver, cipher);
    });
  }

  it("is bound to a device and carries a mark", needsRoot, (test) => {
    const socket = UdpSocket.open({ family: 4, device: "lo", mark: 0xffff_ffff, address: "127.0.0.1" });
    test.after(() => socket.close());
    const batch = new TransmitBatch();
    batch.add({ head: numbered(3, 50), record: batch.address("127.0.0.1", socket.port) });

    sendAll(socket, batch);

    assert.deepEqual(receiveAll(socket), [numbered(3, 50)]);
  });

  it("gets buffers beyond the system's limit when it may", needsRoot, (test) => {
    const socket = UdpSocket.open({ family: 4, sendBufferBytes: 5_000_000, receiveBufferBytes: 6_000_000 });
    test.after(() => socket.close());

    assert.deepEqual(socket.bufferBytes, { send: 10_000_000, receive: 12_000_000 });
  });

  it("names what failed when it cannot be opened", (test) => {
    const open = (options: UdpSocketOptions) => () => UdpSocket.open(options);
    const socket = UdpSocket.open({ family: 4, address: "127.0.0.1" });
    test.after(() => socket.close());

    assert.throws(open({ family: 4, address: "127.0.0.1", port: socket.port }), {
      code: "EADDRINUSE",
      operation: "bind",
    });
    assert.throws(open({ family: 4, address: "192.0.2.1" }), { code: "EADDRNOTAVAIL", operation: "bind" });
    assert.throws(open({ family: 4, device: "no-such-device" }), {
      code: "ENODEV",
      operation: "set SO_BINDTODEVICE",
    });
    assert.throws(open({ family: 4, address: "::1" }), { code: "EAFNOSUPPORT" });
    assert.throws(open({ family: 4, address: "localhost" }), RangeError);
    assert.throws(open({ family: 4, device: "a-name-that-is-too-long" }), RangeError);
    assert.throws(open({ family: 4, maximumDatagram: 9217 }), RangeError);
  });

  it("shares a port with others only when all ask for it", (test) => {
    const first = UdpSocket.open({ family: 4, address: "127.0.0.1", reusePort: true });
    const second = UdpSocket.open({ family: 4, address: "127.0.0.1", reusePort: true, port: first.port });
    test.after(() => closeAll(first, second));

    assert.equal(second.port, first.port);
    assert.throws(() => UdpSocket.open({ family: 4, address: "127.0.0.1", port: first.port }), {
      code: "EADDRINUSE",
    });
  });

  it("throws EBADF once closed, keeps its counters, and may be closed again", () => {
    const socket = UdpSocket.open({ family: 4, address: "127.0.0.1" });
    const batch = new TransmitBatch();
    batch.add({ head: numbered(3, 50), record: batch.address("127.0.0.1", socket.port) });
    sendAll(socket, batch);

    socket.close();
    socket.close();

    assert.equal(socket.fd, -1);
    assert.equal(socket.statistics().sentDatagrams, 1);
    assert.throws(() => sendAll(socket, batch), { code: "EBADF", operation: "send" });
    assert.throws(() => new ReceiveBatch().receive(socket), { code: "EBADF" });
    assert.throws(() => socket.flush(), { code: "EBADF" });
  });
});

function checkSealed(sender: UdpSocket, receiver: UdpSocket, cipher: Cipher): void {
  const aead = new Aead(4);
  const key = numbered(9, 32);
  const slot = aead.addKey(cipher, key);
  const batch = new TransmitBatch();
  const record = batch.address(receiver.address, receiver.port);
  for (let row = 0; row < 200; row++) {
    const seal = { slot, nonce: 0xffff_ffffn + BigInt(row), word0: 0x0300_0001, word1: -row };
    batch.add({ head: numbered(row, 52), body: numbered(row, (row * 7) % 1348), record, seal });
  }

  assert.equal(sender.send(aead, batch.arena, batch.columns, batch.capacity, 0, 200), 200);

  // Datagrams of different lengths are not joined, and each takes the room of a whole message.
  const received = new ReceiveBatch(32_768, 16 << 20);
  const rows = received.receive(receiver);
  assert.equal(rows, 200);
  for (let row = 0; row < rows; row++) {
    assert.equal(received.get(row, "headerWord0"), 0x0300_0001);
    assert.equal(received.get(row, "keySlot"), -1);
    assert.equal(received.get(row, "isOpened"), 0);
    const nonce = 0xffff_ffffn + BigInt(-received.get(row, "headerWord1"));
    received.set(row, "nonceHigh", Number(nonce >> 32n));
    received.set(row, "nonceLow", Number(nonce & 0xffff_ffffn));
    received.set(row, "keySlot", slot);
  }
  assert.equal(aead.open(received.arena, received.columns, received.capacity, 0, rows), rows);
  for (let row = 0; row < rows; row++) {
    const text = received.datagram(row).slice(8, -16);
    const number = -received.get(row, "headerWord1");
    assert.deepEqual(text, concatenated(numbered(number, 52), numbered(number, (number * 7) % 1348)));
  }
}

function openPair(options: UdpSocketOptions): [UdpSocket, UdpSocket] {
  return [UdpSocket.open(options), UdpSocket.open(options)];
}

function closeAll(...sockets: readonly UdpSocket[]): void {
  for (const socket of sockets) socket.close();
}

function concatenated(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
