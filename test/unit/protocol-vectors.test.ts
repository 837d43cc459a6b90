import assert from "node:assert/strict";
import { createDecipheriv } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { completeChecksum } from "tun-tap-linux";
import { FLAG_CHECKSUM_PARTIAL } from "../../shared/protocol/packet/packet-batch.ts";
import type { Cipher } from "../../shared/protocol/seal/aead.ts";
import { inferPacketNumber } from "../../shared/protocol/seal/packet-number.ts";
import { ECHO_FRAME_SIZE, writeEchoReply, writeEchoRequest } from "../../shared/protocol/wire/lcp.ts";
import { NOW, receive, VectorSender } from "../support/protocol-vectors.ts";
import { fromHex, toHex } from "../support/session-handshake.ts";

const LARGE_PACKET_NUMBER = 0x1_2345_6789;

const chapter = read("shared/protocol/README.md");
const key = fromHex(vector("initiator's sending key"));
const SEALED_FRAMES = [
  { name: "datagram 0", frame: "Echo-Request" },
  { name: "datagram 1", frame: "frame" },
  { name: "datagram 2", frame: "frame of the packet with a partial checksum" },
  { name: "datagram 3", frame: "first fragment" },
  { name: "datagram 4", frame: "second fragment" },
  { name: "datagram 5", frame: "null fragment" },
  { name: "datagram 6", frame: "Terminate-Request" },
];

describe("The test vectors of the protocol", () => {
  it("go on with the key that the handshake's vectors end with", () => {
    const handshake = read("shared/protocol/session/README.md");

    assert.equal(toHex(key), vector("initiator's sending key", handshake));
  });

  for (const [name, value] of Object.entries({ ...session("aes-256-gcm"), ...single() })) {
    it(`have the ${name} that is made here`, () => {
      assert.equal(toHex(value), vector(name));
    });
  }

  it("have the datagram of ChaCha20-Poly1305 that is made here", () => {
    const { "datagram 1": datagram } = session("chacha20-poly1305");

    assert.equal(toHex(datagram ?? new Uint8Array(0)), vector("datagram 1, ChaCha20-Poly1305"));
  });

  for (const { name, frame } of SEALED_FRAMES) {
    it(`have a ${name} that Node's own AES-256-GCM opens`, () => {
      const opened = openByNode("aes-256-gcm", BigInt(name.slice(-1)), fromHex(vector(name)));

      assert.equal(toHex(opened), vector(frame));
    });
  }

  it("have datagrams that Node's own ciphers open by nonces made without our code", () => {
    const late = BigInt(LARGE_PACKET_NUMBER);
    const chacha = fromHex(vector("datagram 1, ChaCha20-Poly1305"));
    const large = fromHex(vector("datagram 0x123456789, AES-256-GCM"));
    const largeChacha = fromHex(vector("datagram 0x123456789, ChaCha20-Poly1305"));

    assert.equal(toHex(openByNode("chacha20-poly1305", 1n, chacha)), vector("frame"));
    assert.equal(toHex(openByNode("aes-256-gcm", late, large)), vector("frame"));
    assert.equal(toHex(openByNode("chacha20-poly1305", late, largeChacha)), vector("frame"));
    assert.equal(toHex(nonceOf("aes-256-gcm", late)), vector("nonce, AES-256-GCM"));
    assert.equal(toHex(nonceOf("chacha20-poly1305", late)), vector("nonce, ChaCha20-Poly1305"));
    assert.equal(inferPacketNumber(0x2345_6789, 0x1_2345_0000), LARGE_PACKET_NUMBER);
  });

  it("have a partial checksum that is made full by adding up the packet", () => {
    const packet = fromHex(vector("packet with a partial checksum"));

    completeChecksum(packet, 0, packet.length);

    assert.equal(toHex(packet), vector("packet"));
  });

  it("have datagrams whose packets our receiver delivers", () => {
    const delivered = receive(
      key,
      SEALED_FRAMES.slice(0, 6).map(({ name }) => fromHex(vector(name))),
    );

    assert.deepEqual(delivered, [
      { packet: vector("packet"), flags: 0 },
      { packet: vector("packet with a partial checksum"), flags: FLAG_CHECKSUM_PARTIAL },
      { packet: vector("large packet"), flags: 0 },
    ]);
  });
});

/** What an initiator sends on a link right after the handshake, by the code that sends it. */
function session(cipher: Cipher): Record<string, Uint8Array> {
  const sender = new VectorSender(cipher, key);
  sender.control.prove(NOW);
  sender.sendPacket(fromHex(vector("packet")), 0);
  sender.sendPacket(fromHex(vector("packet with a partial checksum")), FLAG_CHECKSUM_PARTIAL);
  sender.sendPacket(fromHex(vector("large packet")), 0);
  sender.sendNullFragment(Number.parseInt(vector("class"), 16));
  sender.control.terminate(NOW);
  const frames = sender.frames();
  const datagrams = sender.seal();
  return Object.fromEntries(
    SEALED_FRAMES.flatMap(({ name, frame }, row) => [
      [name, datagrams[row] ?? new Uint8Array(0)],
      [frame, frames[row] ?? new Uint8Array(0)],
    ]),
  );
}

/** Frames and datagrams that stand alone. */
function single(): Record<string, Uint8Array> {
  const reply = new Uint8Array(2 * ECHO_FRAME_SIZE);
  writeEchoRequest(reply, ECHO_FRAME_SIZE, 1, 70);
  writeEchoReply(reply, 0, ECHO_FRAME_SIZE);
  const probe = new Uint8Array(ECHO_FRAME_SIZE);
  writeEchoRequest(probe, 0, 300, 1500);
  return {
    "Echo-Reply": reply.subarray(0, ECHO_FRAME_SIZE),
    "path-MTU probe": probe,
    "datagram 0x123456789, AES-256-GCM": sealLate("aes-256-gcm"),
    "datagram 0x123456789, ChaCha20-Poly1305": sealLate("chacha20-poly1305"),
  };
}

function sealLate(cipher: Cipher): Uint8Array {
  const sender = new VectorSender(cipher, key);
  sender.sendLate(fromHex(vector("frame")), LARGE_PACKET_NUMBER);
  return sender.seal()[0] ?? new Uint8Array(0);
}

function openByNode(cipher: Cipher, packetNumber: bigint, datagram: Uint8Array): Uint8Array {
  const nonce = nonceOf(cipher, packetNumber);
  const text = datagram.subarray(8, -16);
  const options = { authTagLength: 16 };
  const decipher =
    cipher === "aes-256-gcm"
      ? createDecipheriv("aes-256-gcm", key, nonce, options)
      : createDecipheriv("chacha20-poly1305", key, nonce, options);
  decipher.setAAD(datagram.subarray(0, 8), { plaintextLength: text.length });
  decipher.setAuthTag(datagram.subarray(-16));
  return Buffer.concat([decipher.update(text), decipher.final()]);
}

function nonceOf(cipher: Cipher, packetNumber: bigint): Uint8Array {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setBigUint64(4, packetNumber, cipher === "chacha20-poly1305");
  return nonce;
}

function read(path: string): string {
  return readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
}

// The text in the block under a heading of this name.
function vector(name: string, text = chapter): string {
  const block = text.split(`\n#### ${name}\n`)[1]?.split("```")[1];
  assert.ok(block !== undefined, `no test vector "${name}"`);
  return block.replace(/\s/g, "");
}
