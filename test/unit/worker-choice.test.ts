import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { bpfCode } from "../../shared/protocol/packet/bpf-code.ts";
import { BpfProgram } from "../../shared/protocol/packet/bpf-program.ts";
import { Responder } from "../../shared/protocol/responder.ts";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import { initiationHeader } from "../../shared/protocol/session/handshake-datagram.ts";
import { Initiation } from "../../shared/protocol/session/initiation.ts";
import { secretKeyOf } from "../../shared/protocol/session/key-id.ts";
import { shardByte } from "../../shared/protocol/session/shard-byte.ts";
import { workerFor, workerProgram } from "../../shared/protocol/session/worker-choice.ts";
import { seconds } from "../../shared/protocol/units.ts";
import { dataWord } from "../../shared/protocol/wire/datagram-header.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { RespondingEnd } from "../support/responding-end.ts";
import { PLAIN_OFFER } from "../support/session-handshake.ts";

const COUNTS = [2, 3, 7, 16];
const SAMPLES = 200;

describe("The worker for a datagram", () => {
  let crypto: HandshakeCrypto;

  before(async () => {
    crypto = await createHandshakeCrypto();
  });

  it("is found for initiations by the kernel's program as by the server", () => {
    const common = crypto.random(16);
    for (const count of COUNTS) {
      for (let sample = 0; sample < SAMPLES; sample++) {
        const [shard = 0] = crypto.random(1);
        const target = { keyId: sample % 2 === 0 ? common : crypto.random(16), shard };

        assert.equal(run(count, common, initiationHeader(target)), workerFor(target, common, count));
        assert.equal(run(count, undefined, initiationHeader(target)), workerFor(target, undefined, count));
      }
    }
  });

  it("is the one that gave out the link index, for data with whatever flags", () => {
    for (const count of COUNTS) {
      for (const flags of [0, 0x80, 0x40, 0x20, 0xe0]) {
        for (const index of [1, 2, 255, 0x010203, 0x7fffff, 0xffffff]) {
          const datagram = new Uint8Array(30);
          new DataView(datagram.buffer).setInt32(0, dataWord(index, flags));

          assert.equal(run(count, crypto.random(16), datagram), index % count);
        }
      }
    }
  });

  it("is the first one for what is too short to say", () => {
    for (let length = 0; length < 4; length++) {
      assert.equal(run(3, undefined, Uint8Array.of(1, 2, 3).subarray(0, length)), 0);
    }
  });

  it("goes by the shard byte for clients of a common secret, which spreads them", () => {
    const secret = secretKeyOf(crypto, crypto.random(32));
    const workers = Array.from({ length: 400 }, (_, client) => {
      const shard = shardByte(crypto, secret, `client${client}`);
      return workerFor({ keyId: secret.keyId, shard }, secret.keyId, 4);
    });

    for (const worker of [0, 1, 2, 3]) {
      // Four shares of 100 with a deviation of 9.
      const share = workers.filter((one) => one === worker).length;
      assert.ok(share > 50 && share < 150, `${share} of 400`);
    }
  });

  it("takes an initiation, and every other worker counts it as a drop", () => {
    const secret = secretKeyOf(crypto, crypto.random(32));
    const { datagram } = Initiation.create(crypto, secret, { ...PLAIN_OFFER, clientName: "alice" });
    const refusing = { kind: "refused", reason: "client-unknown", text: "" } as const;
    const reception = { find: () => ({ secret, owner: "everybody" }), admit: () => refusing };
    const drops = [true, false].map((isOurs) => {
      const { host, outlet } = new RespondingEnd();
      const end = { host, crypto, reception, lineMtu: 1500, deadAfter: undefined, version: "test" };
      const responder = new Responder({ ...end, ciphers: ["aes-256-gcm"], isOurs: () => isOurs });
      responder.handleHandshake(1, datagram, { outlet, addressOffset: 0 }, seconds(1));
      return host.drops.snapshot();
    });

    assert.deepEqual(drops, [{ "handshake-refused": 1 }, { "wrong-worker": 1 }]);
  });
});

function run(count: number, common: Uint8Array | undefined, datagram: Uint8Array): number {
  const program = new BpfProgram(bpfCode(workerProgram(count, common)));
  return program.run(datagram, 0, datagram.length, 0, 0);
}
