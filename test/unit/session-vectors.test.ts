import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { Initiation } from "../../shared/protocol/session/initiation.ts";
import { secretKeyOf } from "../../shared/protocol/session/key-id.ts";
import { encodeAnswer } from "../../shared/protocol/session/link-answer.ts";
import { encodeOffer } from "../../shared/protocol/session/link-offer.ts";
import { readInitiation } from "../../shared/protocol/session/received-initiation.ts";
import { shardByte } from "../../shared/protocol/session/shard-byte.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { FULL_ANSWER, FULL_OFFER, fromHex, toHex, withFixedKeys } from "../support/session-handshake.ts";

const description = readFileSync(new URL("../../../shared/protocol/session/README.md", import.meta.url), "utf8");
const crypto = await createHandshakeCrypto();

describe("The test vectors of the handshake", () => {
  const secret = secretKeyOf(crypto, fromHex(vector("secret")));
  const fixed = withFixedKeys(crypto, [
    fromHex(vector("initiator ephemeral")),
    fromHex(vector("responder ephemeral")),
  ]);
  const initiation = Initiation.create(fixed, secret, FULL_OFFER);
  const received = readInitiation(fixed, secret, initiation.datagram);
  assert.ok(typeof received !== "number");
  const made = received.respond(FULL_ANSWER);
  assert.ok(typeof made !== "number" && made.keys !== undefined);
  const { sendKey, receiveKey } = made.keys;
  const ours = {
    "key id": secret.keyId,
    "shard byte": Uint8Array.of(shardByte(crypto, secret, FULL_OFFER.clientName)),
    "initiation payload": encodeOffer(FULL_OFFER, vector("initiation payload").length / 2),
    initiation: initiation.datagram,
    "response payload": encodeAnswer(FULL_ANSWER, [], vector("response payload").length / 2),
    response: made.datagram,
    "initiator's sending key": receiveKey,
    "responder's sending key": sendKey,
  };

  for (const [name, value] of Object.entries(ours)) {
    it(`have the ${name} that is made here`, () => {
      assert.equal(toHex(value), vector(name));
    });
  }

  it("have a response that the initiator reads", () => {
    const response = initiation.readResponse(fromHex(vector("response")));

    assert.ok(typeof response !== "number" && response.kind === "accepted");
    assert.deepEqual(response.answer, FULL_ANSWER);
    assert.equal(toHex(response.keys.sendKey), vector("initiator's sending key"));
  });
});

// The hexadecimal text in the block under a heading of this name.
function vector(name: string): string {
  const block = description.split(`\n#### ${name}\n`)[1]?.split("```")[1];
  assert.ok(block !== undefined, `no test vector "${name}"`);
  return block.replace(/\s/g, "");
}
