import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { LinkDialer } from "../../shared/protocol/link/link-dialer.ts";
import { LinkSessions } from "../../shared/protocol/link/link-sessions.ts";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import { type SecretKey, secretKeyOf } from "../../shared/protocol/session/key-id.ts";
import type { AcceptedLink } from "../../shared/protocol/session/link-answer.ts";
import { readInitiation } from "../../shared/protocol/session/received-initiation.ts";
import type { RefusedLink } from "../../shared/protocol/session/refusal.ts";
import { type Milliseconds, milliseconds, NEVER, seconds } from "../../shared/protocol/units.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { downLink, upLink } from "../support/member-links.ts";
import { PLAIN_ANSWER, PLAIN_OFFER } from "../support/session-handshake.ts";

const NOW = seconds(10);

describe("A dialer", () => {
  let crypto: HandshakeCrypto;
  let secret: SecretKey;

  before(async () => {
    crypto = await createHandshakeCrypto();
    secret = secretKeyOf(crypto, new Uint8Array(32).fill(3));
  });

  it("waits for an uplink", () => {
    const { link, dialer } = setUp();

    link.outlet = undefined;

    assert.equal(dialer.nextTimeout(), NEVER);
  });

  it("leaves a link alone that is down", () => {
    const { dialer } = setUp(downLink());

    assert.equal(dialer.nextTimeout(), NEVER);
  });

  it("repeats an initiation as it is for five seconds, and then makes a new one", () => {
    const { dialer, sent } = setUp();

    run(dialer, NOW, 7000);

    const different = new Set(sent.map((datagram) => datagram.join()));
    assert.ok(sent.length >= 6 && sent.length <= 8, `${sent.length} sent`);
    assert.equal(different.size, 2);
  });

  it("backs off while nobody answers for long, and is quick again on another uplink", () => {
    const { dialer, sent } = setUp();
    run(dialer, NOW, 60_000);
    const before = sent.length;
    const later = milliseconds(NOW + 60_000);

    dialer.hurry(later);
    run(dialer, later, 3000);

    assert.ok(before >= 12 && before <= 22, `${before} sent in a minute`);
    assert.ok(sent.length >= before + 3, `${sent.length - before} sent in three seconds`);
  });

  it("has one link index reserved at a time, and none when it is cancelled", () => {
    const { dialer, reserved } = setUp();
    run(dialer, NOW, 30_000);
    const whileDialling = reserved.size;

    dialer.cancel();

    assert.equal(whileDialling, 1);
    assert.equal(reserved.size, 0);
  });

  it("takes the answer, and rekeys when the keys are old", () => {
    const { dialer, link, sent, answer } = setUp();
    dialer.handleTimeout(NOW);

    const outcome = dialer.handleResponse(answer(sent[0], PLAIN_ANSWER), milliseconds(NOW + 20));
    link.handle({ kind: "answer" }, NOW);

    assert.equal(outcome.kind, "accepted");
    assert.equal(link.association?.keys.remoteIndex, PLAIN_ANSWER.linkIndex);
    assert.equal(dialer.nextTimeout(), NEVER);
  });

  it("offers the token of the last answer, counted up, as no caught initiation can", () => {
    const { dialer, link, sent, answer } = setUp();
    dialer.handleTimeout(NOW);
    dialer.handleResponse(answer(sent[0], PLAIN_ANSWER), NOW);
    link.handle({ kind: "peer restarted" }, NOW);

    run(dialer, NOW, 20_000);

    const tokens = new Set(sent.map((datagram) => read(datagram).offer.token?.join()));
    assert.ok(tokens.has(undefined) && tokens.size >= 4, [...tokens].join(" "));
  });

  it("waits ten seconds after a refusal, unless something has changed", () => {
    const { dialer, sent, answer, reserved } = setUp();
    dialer.handleTimeout(NOW);
    const refusal: RefusedLink = { kind: "refused", reason: "too-many-clients", text: "the server is full" };

    const outcome = dialer.handleResponse(answer(sent[0], refusal), NOW);
    const next = dialer.nextTimeout();
    dialer.hurry(milliseconds(NOW + 5));

    assert.equal(outcome.kind === "refused" && outcome.refusal.text, "the server is full");
    assert.equal(reserved.size, 0);
    assert.deepEqual([next, dialer.nextTimeout()], [NOW + 10_000, NOW + 5]);
  });

  it("drops what is no answer to its initiation, and waits on", () => {
    const { dialer, sent, answer } = setUp();
    const early = dialer.handleResponse(new Uint8Array(100), NOW);
    dialer.handleTimeout(NOW);
    const response = answer(sent[0], PLAIN_ANSWER);
    const damaged = response.slice();
    damaged[60] = (damaged[60] ?? 0) ^ 1;

    const outcomes = [damaged, response, response].map((datagram) => dialer.handleResponse(datagram, NOW).kind);

    assert.equal(early.kind, "dropped");
    assert.deepEqual(outcomes, ["dropped", "accepted", "dropped"]);
  });

  function setUp(link = dialledLink()) {
    const sent: Uint8Array[] = [];
    const reserved = new Set<number>();
    const random = (length: number): Uint8Array => crypto.random(length);
    const aead = { addKey: () => 1, removeKey: () => {}, open: () => {} };
    const sessions = new LinkSessions(link, { aead, random, bind: () => {}, unbind: () => {} });
    let index = 0;
    const dialer = new LinkDialer(link, sessions, {
      crypto,
      secret,
      offer: () => PLAIN_OFFER,
      reserveIndex: () => {
        reserved.add(++index);
        return index;
      },
      releaseIndex: (linkIndex) => {
        reserved.delete(linkIndex);
      },
      send: (datagram) => {
        sent.push(datagram.slice());
      },
    });
    const answer = (datagram: Uint8Array | undefined, what: AcceptedLink | RefusedLink): Uint8Array => {
      const response = read(datagram).respond(what);
      if (typeof response === "number") assert.fail(`no response: ${response}`);
      return response.datagram;
    };
    return { link, dialer, sent, reserved, answer };
  }

  function read(datagram: Uint8Array | undefined) {
    const initiation = datagram === undefined ? -1 : readInitiation(crypto, secret, datagram);
    if (typeof initiation === "number") assert.fail(`no initiation: ${initiation}`);
    return initiation;
  }
});

/** A link that has an uplink and no keys. */
function dialledLink() {
  const link = upLink();
  link.association = undefined;
  link.handle({ kind: "keys expired" }, NOW);
  return link;
}

/** Lets some time pass, with every timeout at its time. */
function run(dialer: LinkDialer, start: Milliseconds, duration: number): void {
  let now = start;
  while (now <= start + duration) {
    dialer.handleTimeout(now);
    now = dialer.nextTimeout();
  }
}
