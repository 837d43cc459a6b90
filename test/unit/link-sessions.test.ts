import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LinkSessions } from "../../shared/protocol/link/link-sessions.ts";
import type { SecurityAssociation } from "../../shared/protocol/seal/security-association.ts";
import { type Milliseconds, milliseconds, seconds } from "../../shared/protocol/units.ts";
import { downLink } from "../support/member-links.ts";

const NOW = seconds(10);

describe("The sessions of a link", () => {
  it("put two keys into the AEAD for each handshake, and bind its index", () => {
    const { agree, keys, bound } = setUp();

    agree(1, "initiator", NOW);

    assert.equal(keys.size, 2);
    assert.deepEqual([...bound.keys()], [1]);
  });

  it("send with what the initiator has agreed, at once", () => {
    const { agree, link } = setUp();

    agree(1, "initiator", NOW);

    assert.equal(link.association?.keys.localIndex, 1);
  });

  it("send with what the responder has agreed, once the peer has proved it", () => {
    const { agree, link, bound, sessions } = setUp();
    agree(1, "responder", NOW);
    const before = link.association;
    const association = bound.get(1);
    if (association === undefined) assert.fail("not bound");

    const isChosen = sessions.onFirstProof(association, NOW);

    assert.equal(before, undefined);
    assert.equal(isChosen, true);
    assert.equal(link.association, association);
    assert.equal(association.isProven, true);
  });

  it("answer the same initiation by the same response until somebody has proved its session", () => {
    const { agree, bound, sessions } = setUp();
    agree(7, "responder", NOW);
    agree(9, "responder", NOW);
    prove(sessions, bound, 9, NOW);

    assert.deepEqual(sessions.responseTo(new Uint8Array(32).fill(7)), Uint8Array.of(7));
    assert.equal(sessions.responseTo(new Uint8Array(32).fill(9)), "proven");
    assert.equal(sessions.responseTo(new Uint8Array(32).fill(8)), undefined);
  });

  it("remove the keys and indices of what nobody proved", () => {
    const { agree, keys, bound, sessions } = setUp();
    for (let index = 1; index <= 50; index++) agree(index, "responder", NOW);
    const most = keys.size;

    sessions.handleTimeout(sessions.nextTimeout());

    assert.ok(most <= 16, `${most} keys`);
    assert.equal(keys.size, 0);
    assert.equal(bound.size, 0);
    assert.equal(sessions.isEmpty, true);
    assert.equal(sessions.responseTo(new Uint8Array(32).fill(50)), undefined);
  });

  it("keep the old keys for what is under way after a rekey, and remove them then", () => {
    const { agree, keys, bound, sessions } = setUp();
    agree(1, "initiator", NOW);
    prove(sessions, bound, 1, NOW);
    const later = milliseconds(NOW + 120_000);
    agree(2, "initiator", later);
    prove(sessions, bound, 2, later);
    const meanwhile = keys.size;

    sessions.handleTimeout(milliseconds(later + 10_000));

    assert.deepEqual([meanwhile, keys.size], [4, 2]);
    assert.deepEqual([...bound.keys()], [2]);
  });

  it("leave the link without keys when the last ones have expired", () => {
    const { agree, keys, bound, sessions, link } = setUp();
    agree(1, "initiator", NOW);
    prove(sessions, bound, 1, NOW);

    sessions.handleTimeout(milliseconds(NOW + 180_000));

    assert.equal(link.association, undefined);
    assert.equal(keys.size, 0);
  });

  it("forget everything when they are cleared", () => {
    const { agree, keys, bound, sessions, link } = setUp();
    agree(1, "initiator", NOW);
    agree(2, "responder", NOW);

    sessions.clear();

    assert.deepEqual([keys.size, bound.size, link.association], [0, 0, undefined]);
  });
});

function setUp() {
  const link = downLink();
  const keys = new Set<number>();
  const bound = new Map<number, SecurityAssociation>();
  let slot = 0;
  const aead = {
    addKey: () => {
      keys.add(++slot);
      return slot;
    },
    removeKey: (removed: number) => {
      keys.delete(removed);
    },
    open: () => {},
  };
  const sessions = new LinkSessions(link, {
    aead,
    random: (length) => new Uint8Array(length).fill(1),
    bind: (_, association) => {
      bound.set(association.keys.localIndex, association);
    },
    unbind: (index) => {
      bound.delete(index);
    },
  });
  const agree = (localIndex: number, role: "initiator" | "responder", now: Milliseconds): void => {
    const agreement = {
      localIndex,
      remoteIndex: 100 + localIndex,
      cipher: "aes-256-gcm" as const,
      keys: { sendKey: new Uint8Array(32), receiveKey: new Uint8Array(32) },
      peer: { mrru: 1500, classes: 8 },
    };
    if (role === "initiator") return sessions.agreeAsInitiator(agreement, now);
    const offered = { ephemeral: new Uint8Array(32).fill(localIndex), token: undefined };
    sessions.agreeAsResponder(agreement, offered, Uint8Array.of(localIndex), now);
  };
  return { link, keys, bound, sessions, agree };
}

function prove(
  sessions: LinkSessions,
  bound: ReadonlyMap<number, SecurityAssociation>,
  index: number,
  now: Milliseconds,
): void {
  const association = bound.get(index);
  if (association === undefined) assert.fail(`no session ${index}`);
  sessions.onFirstProof(association, now);
}
