import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { Responder } from "../../shared/protocol/responder.ts";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import { Initiation } from "../../shared/protocol/session/initiation.ts";
import { type SecretKey, secretKeyOf } from "../../shared/protocol/session/key-id.ts";
import { milliseconds } from "../../shared/protocol/units.ts";
import { DATAGRAM_TYPES } from "../../shared/protocol/wire/datagram-header.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { RespondingEnd } from "../support/responding-end.ts";
import { EVERYBODY, NOW, newBundles, offerOf } from "../support/server-bundles.ts";

const CLIENTS = 40;

describe("A flood of handshakes", () => {
  let crypto: HandshakeCrypto;
  let secret: SecretKey;

  before(async () => {
    crypto = await createHandshakeCrypto();
    secret = secretKeyOf(crypto, new Uint8Array(32).fill(3));
  });

  it("takes no more than a share of a round, is counted beyond it, and goes on in the next round", () => {
    const end = new RespondingEnd();
    const { host, outlet } = end;
    const bundles = newBundles({ host, secrets: [{ secret, owner: EVERYBODY }], maxClients: CLIENTS });
    const responder = new Responder({
      host,
      crypto,
      reception: bundles,
      ciphers: ["aes-256-gcm"],
      lineMtu: 1500,
      deadAfter: undefined,
      version: "test",
    });
    const origin = { addressOffset: end.link.addressOffset, outlet };
    const flood = Array.from({ length: CLIENTS }, (_, index) => {
      return Initiation.create(crypto, secret, offerOf(`client${index}`)).datagram;
    });
    const answersAt = (now: number): number => {
      const answered = outlet.batch.count;
      for (const datagram of flood)
        responder.handleHandshake(DATAGRAM_TYPES.initiation, datagram, origin, milliseconds(now));
      return outlet.batch.count - answered;
    };

    const answers = [answersAt(NOW), answersAt(NOW + 1)];

    assert.deepEqual(answers, [8, 8]);
    assert.equal(host.drops.get("handshake-limit"), 2 * (CLIENTS - 8));
  });
});
