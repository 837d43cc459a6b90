import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DROP } from "../../shared/protocol/drop-reason.ts";
import { HANDSHAKE_SIZE, readTarget } from "../../shared/protocol/session/handshake-datagram.ts";
import { Initiation } from "../../shared/protocol/session/initiation.ts";
import { secretKeyOf } from "../../shared/protocol/session/key-id.ts";
import type { LinkAnswer } from "../../shared/protocol/session/link-answer.ts";
import type { LinkOffer } from "../../shared/protocol/session/link-offer.ts";
import { type ReceivedInitiation, readInitiation } from "../../shared/protocol/session/received-initiation.ts";
import { shardByte } from "../../shared/protocol/session/shard-byte.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { FULL_ANSWER, FULL_OFFER, keyPairOf, PLAIN_ANSWER, PLAIN_OFFER } from "../support/session-handshake.ts";

const crypto = await createHandshakeCrypto();
const secret = secretKeyOf(crypto, new Uint8Array(32).fill(0x42));
const stranger = secretKeyOf(crypto, new Uint8Array(32).fill(0x43));

describe("A handshake", () => {
  it("carries every option of the offer and of the answer", () => {
    const initiation = Initiation.create(crypto, secret, FULL_OFFER);
    const received = receive(initiation);
    const made = respond(received, FULL_ANSWER);
    const response = initiation.readResponse(made.datagram);

    assert.deepEqual(received.offer, FULL_OFFER);
    assert.ok(typeof response !== "number" && response.kind === "accepted");
    assert.deepEqual(response.answer, FULL_ANSWER);
    assert.deepEqual(response.rejected, []);
  });

  it("leaves out what is not known", () => {
    const initiation = Initiation.create(crypto, secret, PLAIN_OFFER);
    const received = receive(initiation);
    const response = initiation.readResponse(respond(received, PLAIN_ANSWER).datagram);

    assert.deepEqual(received.offer, PLAIN_OFFER);
    assert.ok(typeof response !== "number" && response.kind === "accepted");
    assert.deepEqual(response.answer, PLAIN_ANSWER);
  });

  it("gives both ends the same two keys, one for each direction", () => {
    const initiation = Initiation.create(crypto, secret, FULL_OFFER);
    const made = respond(receive(initiation), FULL_ANSWER);
    const response = initiation.readResponse(made.datagram);

    assert.ok(typeof response !== "number" && response.kind === "accepted" && made.keys !== undefined);
    assert.deepEqual(response.keys.sendKey, made.keys.receiveKey);
    assert.deepEqual(response.keys.receiveKey, made.keys.sendKey);
    assert.notDeepEqual(response.keys.sendKey, response.keys.receiveKey);
    assert.equal(response.keys.sendKey.length, 32);
  });

  it("gives other keys every time", () => {
    const received = receive(Initiation.create(crypto, secret, FULL_OFFER));

    assert.notDeepEqual(respond(received, FULL_ANSWER).keys, respond(received, FULL_ANSWER).keys);
  });

  it("tells the initiator why its link is refused, and gives no keys", () => {
    const initiation = Initiation.create(crypto, secret, FULL_OFFER);
    const refusal = { kind: "refused", reason: "address-taken", text: "10.44.43.2 is alice's" } as const;
    const made = respond(receive(initiation), refusal);

    assert.equal(made.keys, undefined);
    assert.deepEqual(initiation.readResponse(made.datagram), refusal);
  });

  it("never answers with more bytes than it was asked with, so that nobody is flooded through a responder", () => {
    const initiation = Initiation.create(crypto, secret, PLAIN_OFFER);
    const refusal = { kind: "refused", reason: "other", text: "x".repeat(128) } as const;

    for (const answer of [PLAIN_ANSWER, FULL_ANSWER, refusal]) {
      assert.equal(respond(receive(initiation), answer).datagram.length, initiation.datagram.length);
    }
  });

  it("shows in clear only type, version, shard byte, key id, the responder's peer index and the ephemeral keys", () => {
    const initiation = Initiation.create(crypto, secret, { ...FULL_OFFER, clientName: "a-name-to-look-for" });
    const made = respond(receive(initiation), FULL_ANSWER);
    const shard = shardByte(crypto, secret, "a-name-to-look-for");

    assert.deepEqual(initiation.datagram.subarray(0, 8), Uint8Array.of(1, 0, 0, 0, 1, shard, 0, 0));
    assert.deepEqual(initiation.datagram.subarray(8, 24), secret.keyId);
    assert.deepEqual(made.datagram.subarray(0, 8), Uint8Array.of(2, 1, 2, 3, 1, 0, 0, 0));
    assert.equal(Buffer.from(initiation.datagram).includes("a-name-to-look-for"), false);
  });
});

describe("An initiation", () => {
  it("tells its key id and shard byte before anything else", () => {
    const { datagram } = Initiation.create(crypto, secret, PLAIN_OFFER);

    assert.deepEqual(readTarget(datagram), { keyId: secret.keyId, shard: datagram[5] });
  });

  it("is dropped under a secret of another key id", () => {
    const { datagram } = Initiation.create(crypto, secret, PLAIN_OFFER);

    assert.equal(readInitiation(crypto, stranger, datagram), DROP.unknownKey);
  });

  it("is dropped when it was not sealed under the secret of its key id", () => {
    const impostor = { key: stranger.key, keyId: secret.keyId };
    const { datagram } = Initiation.create(crypto, impostor, PLAIN_OFFER);

    assert.equal(readInitiation(crypto, secret, datagram), DROP.notAuthentic);
  });

  it("is dropped before any Diffie-Hellman is done when its seal is wrong", () => {
    let agreements = 0;
    const counting = {
      ...crypto,
      agree: (privateKey: Uint8Array, publicKey: Uint8Array) => {
        agreements++;
        return crypto.agree(privateKey, publicKey);
      },
    };
    const { datagram } = Initiation.create(crypto, secret, PLAIN_OFFER);
    datagram[1000] = (datagram[1000] ?? 0) ^ 1;

    assert.equal(readInitiation(counting, secret, datagram), DROP.notAuthentic);
    assert.equal(agreements, 0);
  });

  it("is dropped when it is of another version", () => {
    const { datagram } = Initiation.create(crypto, secret, PLAIN_OFFER);
    datagram[4] = 2;

    assert.equal(readTarget(datagram), DROP.badHandshake);
    assert.equal(readInitiation(crypto, secret, datagram), DROP.badHandshake);
  });

  it("is dropped when its shard byte is not that of its secret and name", () => {
    const lying = { ...crypto, hash: (...parts: Uint8Array[]) => otherwiseFor("hawser shard 1", parts) };
    const { datagram } = Initiation.create(lying, secret, PLAIN_OFFER);

    assert.notEqual(datagram[5], shardByte(crypto, secret, undefined));
    assert.equal(readInitiation(crypto, secret, datagram), DROP.badHandshake);
  });

  it("is dropped at every length but its own", () => {
    const { datagram } = Initiation.create(crypto, secret, PLAIN_OFFER);
    const longer = Uint8Array.of(...datagram, 0);

    for (let length = 0; length < HANDSHAKE_SIZE; length++) {
      assert.equal(readInitiation(crypto, secret, datagram.subarray(0, length)), DROP.tooShort);
    }
    assert.equal(readInitiation(crypto, secret, longer), DROP.badHandshake);
  });

  it("with an ephemeral key of low order is dropped when it is to be answered", () => {
    const weak = { ...crypto, generateKeyPair: () => ({ privateKey: secret.key, publicKey: new Uint8Array(32) }) };
    const received = receive(Initiation.create(weak, secret, PLAIN_OFFER));

    assert.equal(received.respond(PLAIN_ANSWER), DROP.badHandshake);
  });

  it("is the same initiation again, by its ephemeral key, when it is replayed", () => {
    const initiation = Initiation.create(crypto, secret, PLAIN_OFFER);

    assert.deepEqual(receive(initiation).ephemeral, receive(initiation).ephemeral);
    assert.notDeepEqual(receive(initiation).ephemeral, receive(create(PLAIN_OFFER)).ephemeral);
  });

  it("does not change when the buffer in which it came is used again", () => {
    const initiation = Initiation.create(crypto, secret, FULL_OFFER);
    const buffer = initiation.datagram.slice();
    const received = readInitiation(crypto, secret, buffer);
    buffer.fill(0);

    assert.ok(typeof received !== "number");
    assert.deepEqual(received.offer, FULL_OFFER);
    const response = initiation.readResponse(respond(received, FULL_ANSWER).datagram);
    assert.ok(typeof response !== "number" && response.kind === "accepted");
  });
});

describe("A response", () => {
  it("that is forged leaves the initiation waiting for the true one", () => {
    const initiation = Initiation.create(crypto, secret, FULL_OFFER);
    const { datagram } = respond(receive(initiation), FULL_ANSWER);
    const forged = datagram.slice();
    forged[500] = (forged[500] ?? 0) ^ 1;

    assert.equal(initiation.readResponse(forged), DROP.notAuthentic);
    const response = initiation.readResponse(datagram);
    assert.ok(typeof response !== "number" && response.kind === "accepted");
  });

  it("to another initiation of the same link is dropped", () => {
    const first = Initiation.create(crypto, secret, FULL_OFFER);
    const second = Initiation.create(crypto, secret, FULL_OFFER);

    assert.equal(second.readResponse(respond(receive(first), FULL_ANSWER).datagram), DROP.notAuthentic);
  });

  it("to another link index is dropped", () => {
    const first = Initiation.create(crypto, secret, FULL_OFFER);
    const second = Initiation.create(crypto, secret, { ...FULL_OFFER, linkIndex: 1 });

    assert.equal(second.readResponse(respond(receive(first), FULL_ANSWER).datagram), DROP.badHandshake);
  });

  it("is dropped at every length but its own", () => {
    const initiation = Initiation.create(crypto, secret, FULL_OFFER);
    const { datagram } = respond(receive(initiation), FULL_ANSWER);

    for (let length = 0; length < HANDSHAKE_SIZE; length++) {
      assert.equal(initiation.readResponse(datagram.subarray(0, length)), DROP.tooShort);
    }
    assert.equal(initiation.readResponse(Uint8Array.of(...datagram, 0)), DROP.badHandshake);
  });

  it("with an ephemeral key of low order is dropped", () => {
    const initiation = Initiation.create(crypto, secret, FULL_OFFER);
    const { datagram } = respond(receive(initiation), FULL_ANSWER);
    datagram.fill(0, 8, 40);

    assert.equal(initiation.readResponse(datagram), DROP.notAuthentic);
  });

  it("is dropped when it chooses a cipher that was not offered", () => {
    const initiation = create({ ...FULL_OFFER, ciphers: ["chacha20-poly1305"] });
    const { datagram } = respond(receive(initiation), { ...FULL_ANSWER, cipher: "aes-256-gcm" });

    assert.equal(initiation.readResponse(datagram), DROP.badHandshake);
  });

  it("of ours is not taken for an initiation, nor the other way round", () => {
    const initiation = Initiation.create(crypto, secret, FULL_OFFER);
    const { datagram } = respond(receive(initiation), FULL_ANSWER);

    assert.equal(readTarget(datagram), DROP.badHandshake);
    assert.equal(initiation.readResponse(initiation.datagram), DROP.badHandshake);
  });
});

describe("A key pair of the handshake", () => {
  it("is one of X25519, whose two ends agree (RFC 7748 §6.1)", () => {
    const ours = crypto.generateKeyPair();
    const theirs = keyPairOf(crypto, crypto.random(32));

    assert.deepEqual(
      crypto.agree(ours.privateKey, theirs.publicKey),
      crypto.agree(theirs.privateKey, ours.publicKey),
    );
  });
});

/** A hash that is another for parts that begin with this label. */
function otherwiseFor(label: string, parts: readonly Uint8Array[]): Uint8Array {
  const [first = new Uint8Array(0)] = parts;
  const hash = crypto.hash(...parts);
  return Buffer.from(first).toString() === label ? hash.map((byte) => byte ^ 1) : hash;
}

function create(offer: LinkOffer): Initiation {
  return Initiation.create(crypto, secret, offer);
}

function receive(initiation: Initiation): ReceivedInitiation {
  const received = readInitiation(crypto, secret, initiation.datagram);
  assert.ok(typeof received !== "number");
  return received;
}

function respond(received: ReceivedInitiation, answer: LinkAnswer) {
  const made = received.respond(answer);
  assert.ok(typeof made !== "number");
  return made;
}
