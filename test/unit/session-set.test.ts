import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { followingToken } from "../../shared/protocol/session/freshness-token.ts";
import { SessionSet } from "../../shared/protocol/session/session-set.ts";
import {
  MAXIMUM_AGE,
  PROOF_WAIT,
  REKEY_AGE,
  RETIREMENT,
  transition,
} from "../../shared/protocol/session/session-stage.ts";
import { type Milliseconds, milliseconds, NEVER, seconds } from "../../shared/protocol/units.ts";

const START = milliseconds(1000);

describe("A set of sessions", () => {
  it("has nothing to send with, and is due for a handshake, before the first one", () => {
    const set = newSet();

    assert.equal(set.sending(), undefined);
    assert.equal(set.rekeyAt(), 0);
    assert.equal(set.nextTimeout(), NEVER);
    assert.equal(set.isEmpty, true);
  });

  it("gives all its sessions back when the link is closed", () => {
    const set = newSet();
    provenInitiator(set, "first", START);
    set.offerAsInitiator("second", START);

    assert.equal(set.isEmpty, false);
    assert.deepEqual(set.clear(), ["first", "second"]);
    assert.equal(set.isEmpty, true);
    assert.equal(set.sending(), undefined);
  });
});

describe("An initiator's sessions", () => {
  it("send with a new session at once, so that the responder gets its proof", () => {
    const set = newSet();
    provenInitiator(set, "old", START);
    set.offerAsInitiator("new", after(10));

    assert.equal(set.sending(), "new");
  });

  it("keep the old one until the new one is proven, and then for packets on the way", () => {
    const set = newSet();
    provenInitiator(set, "old", START);
    set.offerAsInitiator("new", after(10));

    assert.equal(set.onAuthenticated("new", after(11)), true);
    assert.equal(set.nextTimeout(), after(11) + RETIREMENT);
    assert.deepEqual(set.expire(milliseconds(after(11) + RETIREMENT - 1)), []);
    assert.deepEqual(set.expire(milliseconds(after(11) + RETIREMENT)), ["old"]);
    assert.equal(set.sending(), "new");
  });

  it("send with the old one again when the new one is not proven in time", () => {
    const set = newSet();
    provenInitiator(set, "old", START);
    set.offerAsInitiator("new", after(10));

    assert.deepEqual(set.expire(milliseconds(after(10) + PROOF_WAIT)), []);
    assert.equal(set.sending(), "old");
    assert.equal(set.rekeyAt(), START + REKEY_AGE);
  });

  it("take up the new one when its proof comes late, and give it up when none comes", () => {
    const set = newSet();
    provenInitiator(set, "old", START);
    set.offerAsInitiator("new", after(10));
    set.offerAsInitiator("newer", after(11));
    const over = set.expire(milliseconds(after(11) + PROOF_WAIT));

    assert.deepEqual(over, ["new"]);
    assert.equal(set.onAuthenticated("newer", milliseconds(after(12) + PROOF_WAIT)), true);
    assert.equal(set.sending(), "newer");
    assert.deepEqual(set.expire(after(60)), ["old"]);
  });

  it("are due for a new handshake after 120 s of use, and not while one is tried", () => {
    const set = newSet();
    provenInitiator(set, "old", START);

    assert.equal(set.rekeyAt(), START + seconds(120));
    set.offerAsInitiator("new", after(120));
    assert.equal(set.rekeyAt(), NEVER);
    set.onAuthenticated("new", after(121));
    assert.equal(set.rekeyAt(), after(240));
  });

  it("are over for good 180 s after their handshake", () => {
    const set = newSet();
    provenInitiator(set, "old", START);

    assert.equal(set.nextTimeout(), START + seconds(180));
    assert.deepEqual(set.expire(after(180)), ["old"]);
    assert.equal(set.sending(), undefined);
    assert.equal(set.rekeyAt(), 0);
  });

  it("do not grow without bound when no proof ever comes", () => {
    const set = newSet();
    const displaced = Array.from({ length: 10 }, (_, index) => set.offerAsInitiator(`${index}`, START)).flat();

    assert.deepEqual(displaced, ["0", "1", "2", "3", "4", "5"]);
    assert.equal(set.sending(), "9");
  });
});

describe("A responder's sessions", () => {
  it("do not send with a session before the peer has proved that it has the keys", () => {
    const set = newSet();
    set.offerAsResponder("first", offered(1), START);

    assert.equal(set.sending(), undefined);
    assert.equal(set.onAuthenticated("first", after(1)), true);
    assert.equal(set.sending(), "first");
  });

  it("go on sending with the old keys until that proof", () => {
    const set = newSet();
    provenResponder(set, "old", 1, START);
    set.offerAsResponder("new", offered(2), after(120));

    assert.equal(set.sending(), "old");
    assert.equal(set.onAuthenticated("old", after(121)), false);
    assert.equal(set.sending(), "old");
    set.onAuthenticated("new", after(122));
    assert.equal(set.sending(), "new");
  });

  it("forget a session that is not proven within 5 s", () => {
    const set = newSet();
    set.offerAsResponder("first", offered(1), START);

    assert.equal(set.nextTimeout(), START + seconds(5));
    assert.deepEqual(set.expire(after(5)), ["first"]);
    assert.equal(set.answered(offered(1).ephemeral), undefined);
  });

  it("know a repeated initiation again, as long as its session lasts", () => {
    const set = newSet();
    provenResponder(set, "first", 1, START);

    assert.equal(set.answered(offered(1).ephemeral), "first");
    assert.equal(set.answered(offered(2).ephemeral), undefined);
  });

  it("are not taken back to older keys by a late packet", () => {
    const set = newSet();
    set.offerAsResponder("first", offered(1), START);
    set.offerAsResponder("second", offered(2), after(1));
    set.onAuthenticated("second", after(2));

    assert.equal(set.onAuthenticated("first", after(3)), false);
    assert.equal(set.sending(), "second");
  });

  it("do not live longer for being authenticated again", () => {
    const set = newSet();
    provenResponder(set, "old", 1, START);
    provenResponder(set, "new", 2, after(120));

    assert.equal(set.onAuthenticated("old", after(121)), false);
    assert.deepEqual(set.expire(milliseconds(after(120) + RETIREMENT)), ["old"]);
  });

  it("say nothing to a session that they do not have", () => {
    assert.equal(newSet().onAuthenticated("stranger", START), false);
  });
});

describe("Replayed initiations", () => {
  it("displace each other, and never a session that was offered with the current token", () => {
    const set = newSet();
    set.offerAsResponder("true", { ...offered(0), token: set.tokenInAnswerTo(undefined) }, START);
    const displaced = Array.from({ length: 100 }, (_, index) =>
      set.offerAsResponder(`replay ${index}`, { ...offered(index + 1), token: new Uint8Array(12) }, after(1)),
    ).flat();

    assert.equal(displaced.length, 96);
    assert.equal(displaced.includes("true"), false);
    assert.equal(set.onAuthenticated("true", after(2)), true);
    assert.equal(set.sending(), "true");
  });

  it("leave a peer without a token one more round trip away, not locked out", () => {
    const set = newSet();
    set.offerAsResponder("restarted", offered(0), START);
    const token = set.tokenInAnswerTo(undefined);
    for (let index = 1; index <= 4; index++) set.offerAsResponder(`replay ${index}`, offered(index), START);
    set.offerAsResponder("again", { ...offered(9), token }, after(1));
    for (let index = 11; index <= 14; index++) set.offerAsResponder(`replay ${index}`, offered(index), after(1));

    assert.equal(set.onAuthenticated("restarted", after(2)), false);
    assert.equal(set.onAuthenticated("again", after(2)), true);
  });
});

describe("A token", () => {
  it("is good for one offer, whose answer has the next one", () => {
    const set = newSet();
    const token = set.tokenInAnswerTo(undefined);
    const next = set.tokenInAnswerTo(token);
    set.offerAsResponder("first", { ...offered(1), token }, START);

    assert.notDeepEqual(next, token);
    assert.deepEqual(set.tokenInAnswerTo(token), next);
    assert.deepEqual(set.tokenInAnswerTo(undefined), next);
    assert.deepEqual(followingToken(token), next);
  });

  it("is not spent by offers without it", () => {
    const set = newSet();
    const token = set.tokenInAnswerTo(undefined);
    set.offerAsResponder("first", offered(1), START);
    set.offerAsResponder("second", { ...offered(2), token: new Uint8Array(12).fill(0xff) }, START);

    assert.deepEqual(set.tokenInAnswerTo(undefined), token);
  });

  it("cannot be kept in stock: offers that were caught before a later one arrived are not fresh", () => {
    const set = newSet();
    const tokens = [set.tokenInAnswerTo(undefined)];
    for (let index = 0; index < 20; index++) tokens.push(followingToken(tokens.at(-1) ?? new Uint8Array(12)));
    set.offerAsResponder("caught 0", { ...offered(0), token: tokens[0] }, START);
    set.offerAsResponder("true", { ...offered(20), token: tokens[20] }, START);
    for (let index = 1; index < 20; index++) {
      set.offerAsResponder(`caught ${index}`, { ...offered(index), token: tokens[index] }, START);
    }

    assert.equal(set.onAuthenticated("true", after(1)), true);
  });

  it("of a responder that has forgotten the link is no proof", () => {
    const forgotten = newSet(1).tokenInAnswerTo(undefined);
    const set = newSet(2);
    const token = set.tokenInAnswerTo(undefined);
    set.offerAsResponder("first", { ...offered(1), token: forgotten }, START);

    assert.deepEqual(set.tokenInAnswerTo(undefined), token);
  });

  it("stays in its bounds at the last serial number", () => {
    const last = new Uint8Array(12).fill(0xff);

    assert.deepEqual(followingToken(last), last);
  });
});

describe("The stage of a session", () => {
  const stages = (["offered", "trial", "proven", "retired"] as const).map((kind) => ({ kind, until: after(1) }));

  it("never outlives the session's greatest age", () => {
    for (const stage of stages) {
      for (const event of ["proof", "superseded", "elapsed"] as const) {
        const next = transition(stage, event, START, after(179));
        assert.ok(next === undefined || next.until <= START + MAXIMUM_AGE, `${stage.kind}, ${event}`);
      }
    }
  });

  it("follows the table in the protocol's description", () => {
    const table = stages.map((stage) =>
      (["proof", "superseded", "elapsed"] as const).map((event) => transition(stage, event, START, START)?.kind),
    );

    assert.deepEqual(table, [
      ["proven", "offered", undefined],
      ["proven", "offered", "offered"],
      ["proven", "retired", undefined],
      ["retired", "retired", undefined],
    ]);
  });
});

function newSet(seed = 1): SessionSet<string> {
  return new SessionSet((length) => new Uint8Array(length).fill(seed));
}

function after(time: number): Milliseconds {
  return milliseconds(START + seconds(time));
}

function offered(number: number) {
  return { ephemeral: new Uint8Array(32).fill(number), token: undefined };
}

function provenInitiator(set: SessionSet<string>, session: string, now: Milliseconds): void {
  set.offerAsInitiator(session, now);
  set.onAuthenticated(session, now);
}

function provenResponder(set: SessionSet<string>, session: string, number: number, now: Milliseconds): void {
  set.offerAsResponder(session, offered(number), now);
  set.onAuthenticated(session, now);
}
