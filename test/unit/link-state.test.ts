import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type LinkEvent, type LinkState, transition } from "../../shared/protocol/link/link-state.ts";
import { milliseconds, seconds } from "../../shared/protocol/units.ts";

const SINCE = seconds(1);
const NOW = seconds(2);

const STATES = {
  down: { kind: "down", reason: "no carrier", since: SINCE },
  probing: { kind: "probing", reason: "asking", since: SINCE, isClosedByPeer: false },
  closed: { kind: "probing", reason: "closed by the peer", since: SINCE, isClosedByPeer: true },
  up: { kind: "up", reason: "the peer answers", since: SINCE },
} as const satisfies Record<string, LinkState>;

const EVENTS = {
  available: { kind: "uplink available", detail: "eth1" },
  lost: { kind: "uplink lost", reason: "no address" },
  agreed: { kind: "session agreed" },
  answer: { kind: "answer" },
  silence: { kind: "silence", silentFor: milliseconds(440) },
  expired: { kind: "keys expired" },
  refused: { kind: "refused", text: "the server is full" },
  restarted: { kind: "peer restarted" },
  closed: { kind: "closed by peer" },
} as const satisfies Record<string, LinkEvent>;

const same = undefined;

// What each event makes of each state: kind and reason, or the same state.
const TABLE: Record<keyof typeof EVENTS, Record<keyof typeof STATES, string | undefined>> = {
  available: { down: "probing: eth1", probing: same, closed: same, up: same },
  lost: { down: "down: no address", probing: "down: no address", closed: "down: no address", up: "down: no address" },
  agreed: { down: "probing: waiting for the peer's proof", probing: same, closed: same, up: same },
  answer: { down: same, probing: "up: the peer answers", closed: "up: the peer answers", up: same },
  silence: { down: same, probing: same, closed: same, up: "probing: no answer for 0.4 s" },
  expired: { down: same, probing: same, closed: same, up: "probing: its keys have expired" },
  refused: {
    down: same,
    probing: "probing: refused by the server: the server is full",
    closed: "probing: refused by the server: the server is full",
    // Its keys hold on: only its rekeying was refused.
    up: same,
  },
  restarted: {
    down: same,
    probing: "probing: the peer started anew",
    closed: "probing: the peer started anew",
    up: "probing: the peer started anew",
  },
  closed: { down: same, probing: "probing: closed by the peer", closed: same, up: "probing: closed by the peer" },
};

const names = <Name extends string>(record: Record<Name, unknown>): Name[] => {
  const isName = (name: string): name is Name => name in record;
  return Object.keys(record).filter(isName);
};

describe("A link's state", () => {
  for (const event of names(EVENTS)) {
    for (const state of names(STATES)) {
      const expected = TABLE[event][state];
      it(`${state}, after "${EVENTS[event].kind}", is ${expected ?? "the same"}`, () => {
        const after = transition(STATES[state], EVENTS[event], NOW);

        if (expected === undefined) assert.equal(after, STATES[state]);
        else assert.deepEqual([`${after.kind}: ${after.reason}`, after.since], [expected, NOW]);
      });
    }
  }

  it("knows that the peer has ended the link, until something else happens", () => {
    const closed = transition(STATES.up, EVENTS.closed, NOW);
    const after = transition(closed, EVENTS.restarted, NOW);

    assert.equal(closed.kind === "probing" && closed.isClosedByPeer, true);
    assert.equal(after.kind === "probing" && after.isClosedByPeer, false);
  });

  it("is the same after the same refusal or loss again", () => {
    const refused = transition(STATES.probing, EVENTS.refused, NOW);
    const lost = transition(STATES.up, EVENTS.lost, NOW);

    assert.equal(transition(refused, EVENTS.refused, seconds(3)), refused);
    assert.equal(transition(lost, EVENTS.lost, seconds(3)), lost);
  });
});
