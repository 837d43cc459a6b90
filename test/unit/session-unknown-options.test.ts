import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  CONTROL_CODES,
  CONTROL_PROTOCOLS,
  controlPacket,
  padPackets,
} from "../../shared/protocol/session/control-packet.ts";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import { Initiation } from "../../shared/protocol/session/initiation.ts";
import { secretKeyOf } from "../../shared/protocol/session/key-id.ts";
import { readInitiation } from "../../shared/protocol/session/received-initiation.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { FULL_ANSWER, fromHex, PLAIN_OFFER } from "../support/session-handshake.ts";

const { lcp: LCP } = CONTROL_PROTOCOLS;
const { configureRequest: REQUEST } = CONTROL_CODES;

// An option of each kind of stranger: of no known type, of another vendor, and of ours but newer.
const UNKNOWN_TYPE = fromHex("6304beef");
const FOREIGN_VENDOR = fromHex("0008000c6e8100ff");
const OWN_UNKNOWN = fromHex("00070248577f2a");
const OWN_CRITICAL = fromHex("000702485780" + "2a");

describe("A responder that does not know an option", () => {
  it("returns unknown options whole in a Configure-Reject and goes on without them (RFC 1661 §5.4)", async () => {
    const { initiation, received } = await exchange([UNKNOWN_TYPE, FOREIGN_VENDOR, OWN_UNKNOWN]);
    const made = received.respond(FULL_ANSWER);
    assert.ok(typeof made !== "number");
    const response = initiation.readResponse(made.datagram);

    assert.equal(received.mustRefuse, undefined);
    assert.ok(typeof response !== "number" && response.kind === "accepted");
    assert.deepEqual(response.rejected, [{ protocol: LCP, options: [UNKNOWN_TYPE, FOREIGN_VENDOR, OWN_UNKNOWN] }]);
  });

  it("refuses the link for an unknown option that must not be passed over", async () => {
    const { initiation, received } = await exchange([OWN_CRITICAL]);
    const made = received.respond(FULL_ANSWER);
    assert.ok(typeof made !== "number");
    const response = initiation.readResponse(made.datagram);

    assert.equal(made.keys, undefined);
    assert.equal(received.mustRefuse?.reason, "unsupported-option");
    assert.deepEqual(response, received.mustRefuse);
  });
});

// Makes an initiation with more options than ours has, as a newer initiator would, and receives it.
async function exchange(unknown: readonly Uint8Array[]) {
  const crypto = await createHandshakeCrypto();
  const newer: HandshakeCrypto = {
    ...crypto,
    encrypt: (key, counter, associated, payload) => {
      const request = controlPacket(LCP, REQUEST, [lcpOptions(payload), ...unknown]);
      return crypto.encrypt(key, counter, associated, padPackets(payload.length, [request]));
    },
  };
  const secret = secretKeyOf(crypto, new Uint8Array(32).fill(1));
  const initiation = Initiation.create(newer, secret, PLAIN_OFFER);
  const received = readInitiation(crypto, secret, initiation.datagram);
  assert.ok(typeof received !== "number");
  return { initiation, received };
}

function lcpOptions(payload: Uint8Array): Uint8Array {
  return payload.subarray(6, 2 + (payload[4] ?? 0) * 256 + (payload[5] ?? 0));
}
