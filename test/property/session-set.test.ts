import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { followingToken } from "../../shared/protocol/session/freshness-token.ts";
import { type Offered, SessionSet } from "../../shared/protocol/session/session-set.ts";
import { type Milliseconds, milliseconds, seconds } from "../../shared/protocol/units.ts";

const STEP = milliseconds(500);
const SILENCE = seconds(3);
// Longer than the longest round trip here.
const ANSWER_WAIT = seconds(3);

describe("The sessions of both ends of a link", () => {
  it("come together again after any losses, with replays going on, and lose nothing from then on", () => {
    fc.assert(
      fc.property(anyHistory, fc.integer({ min: 1, max: 3 }), (history, delay) => {
        const line = new Line(delay);
        for (const step of history) line.step(step);
        for (let count = 0; count < 60; count++) line.step({ ...CLEAR, replays: count % 9 });

        line.lost = 0;
        for (let count = 0; count < 600; count++) line.step({ ...CLEAR, replays: count % 9 });
        assert.equal(line.lost, 0);
        for (const held of line.held.values()) assert.ok(held.size <= 10);
      }),
      { numRuns: 100 },
    );
  });

  it("never send under keys that the sender has given up", () => {
    fc.assert(
      fc.property(anyHistory, fc.integer({ min: 1, max: 3 }), (history, delay) => {
        const line = new Line(delay);
        for (const step of history) {
          line.step(step);
          for (const [end, held] of line.held)
            assert.ok(end.sending() === undefined || held.has(end.sending() ?? -1));
        }
      }),
    );
  });
});

/** What happens to each datagram of one step of half a second: whether it arrives, and how many replays come. */
type Step = {
  readonly initiation: boolean;
  readonly response: boolean;
  readonly out: boolean;
  readonly back: boolean;
  readonly replays: number;
};

const CLEAR: Step = { initiation: true, response: true, out: true, back: true, replays: 0 };

const anyStep: fc.Arbitrary<Step> = fc.record({
  initiation: fc.boolean(),
  response: fc.boolean(),
  out: fc.boolean(),
  back: fc.boolean(),
  replays: fc.nat(8),
});

type Response = { readonly session: number; readonly token: Uint8Array };

// fast-check prefers short arrays, and much of what can go wrong takes several rekeys.
const anyHistory = fc.array(anyStep, { maxLength: 600, size: "max" });

/**
 * Two ends that handshake when it is due or the line was silent, and send each other a packet at every step; every
 * datagram is some steps on its way, and every third packet one more, so that it is overtaken. Somebody who hears everything sends old initiations again.
 */
class Line {
  readonly initiator = new SessionSet<number>(randomBytes());
  readonly responder = new SessionSet<number>(randomBytes());
  readonly held = new Map<SessionSet<number>, Set<number>>([
    [this.initiator, new Set()],
    [this.responder, new Set()],
  ]);
  lost = 0;
  readonly #delay: number;
  readonly #underWay: (() => void)[][] = [];
  readonly #captured: Offered[] = [];
  readonly #responses = new Map<number, Response>();
  #token: Uint8Array | undefined;
  #now: Milliseconds = milliseconds(0);
  #heardAt: Milliseconds = milliseconds(0);
  #askedAt: Milliseconds = milliseconds(-ANSWER_WAIT);
  #sessions = 0;
  #asked = 0;
  #replays = 0;
  #packets = 0;
  readonly #late: (() => void)[] = [];

  constructor(delay: number) {
    this.#delay = delay;
  }

  step(step: Step): void {
    this.#now = milliseconds(this.#now + STEP);
    for (const end of [this.initiator, this.responder]) this.#drop(end, end.expire(this.#now));
    const arriving = this.#underWay.length < this.#delay ? [] : (this.#underWay.shift() ?? []);
    const sent: (() => void)[] = [];
    this.#underWay.push(sent);
    for (const arrive of [...arriving, ...this.#late.splice(0)]) arrive();
    for (let count = 0; count < step.replays; count++) this.#replay();
    const isDue = this.#now - this.#heardAt >= SILENCE || this.initiator.rekeyAt() <= this.#now;
    if (isDue && this.#now - this.#askedAt >= ANSWER_WAIT) this.#ask(step, sent);
    this.#send(this.initiator, this.responder, step.out, sent);
    this.#send(this.responder, this.initiator, step.back, sent);
  }

  #ask(step: Step, sent: (() => void)[]): void {
    const offered = { ephemeral: ephemeralOf(++this.#asked), token: this.#token };
    if (this.#token !== undefined) this.#token = followingToken(this.#token);
    this.#askedAt = this.#now;
    this.#captured.push(offered);
    if (step.initiation) sent.push(() => this.#receiveInitiation(offered, step.response));
  }

  #receiveInitiation(offered: Offered, arrives: boolean): void {
    const response = this.#answer(offered);
    if (arrives) this.#underWay.at(-1)?.push(() => this.#receiveResponse(offered, response));
  }

  // An initiation that has a session gets the same response again, which is the session and a token.
  #answer(offered: Offered): Response {
    const answered = this.#responses.get(this.responder.answered(offered.ephemeral) ?? 0);
    if (answered !== undefined) return answered;
    const response = { session: ++this.#sessions, token: this.responder.tokenInAnswerTo(offered.token) };
    this.#responses.set(response.session, response);
    this.#add(
      this.responder,
      response.session,
      this.responder.offerAsResponder(response.session, offered, this.#now),
    );
    return response;
  }

  #receiveResponse(offered: Offered, { session, token }: Response): void {
    // The initiator waits for the response to its latest initiation only.
    if (offered !== this.#captured.at(-1)) return;
    this.#token = token;
    this.#heardAt = this.#now;
    this.#add(this.initiator, session, this.initiator.offerAsInitiator(session, this.#now));
  }

  // Who replays reads no response, as it goes to the address of the replay and is sealed.
  #replay(): void {
    const offered = this.#captured[this.#replays++ % Math.max(1, this.#captured.length)];
    if (offered !== undefined) this.#answer(offered);
  }

  #send(from: SessionSet<number>, to: SessionSet<number>, arrives: boolean, sent: (() => void)[]): void {
    const session = from.sending();
    if (session === undefined) this.lost++;
    else if (arrives) sent.push(() => this.#deliver(to, session, ++this.#packets % 3 === 0));
  }

  #deliver(end: SessionSet<number>, session: number, isLate: boolean): void {
    if (isLate) this.#late.push(() => this.#receive(end, session));
    else this.#receive(end, session);
  }

  #receive(end: SessionSet<number>, session: number): void {
    if (this.held.get(end)?.has(session) !== true) {
      this.lost++;
      return;
    }
    end.onAuthenticated(session, this.#now);
    if (end === this.initiator) this.#heardAt = this.#now;
  }

  #add(end: SessionSet<number>, session: number, displaced: readonly number[]): void {
    this.held.get(end)?.add(session);
    this.#drop(end, displaced);
  }

  #drop(end: SessionSet<number>, sessions: readonly number[]): void {
    for (const session of sessions) this.held.get(end)?.delete(session);
  }
}

function ephemeralOf(session: number): Uint8Array {
  return Uint8Array.of(session >> 16, session >> 8, session);
}

function randomBytes(): (length: number) => Uint8Array {
  let count = 0;
  return (length) => {
    count++;
    return new Uint8Array(length).map((_, index) => count >> (8 * index));
  };
}
