import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { SessionSet } from "../../shared/protocol/session/session-set.ts";
import { type Milliseconds, milliseconds, seconds } from "../../shared/protocol/units.ts";

const STEP = milliseconds(500);
const SILENCE = seconds(3);

describe("The sessions of both ends of a link", () => {
  it("come together again after any losses, with replays going on, and lose nothing from then on", () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 600 }), (history) => {
        const line = new Line();
        for (const step of history) line.step(step);
        for (let count = 0; count < 60; count++) line.step(CLEAR);

        line.lost = 0;
        for (let count = 0; count < 600; count++) line.step({ ...CLEAR, replays: count % 7 });
        assert.equal(line.lost, 0);
        assert.equal(line.initiator.sending(), line.responder.sending());
        assert.ok(line.initiator.size <= 3 && line.responder.size <= 10);
      }),
      { numRuns: 300 },
    );
  });

  it("never send under keys that the sender has given up", () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 600 }), (history) => {
        const line = new Line();
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

/** Two ends that handshake when due or when the line was silent, and send each other a packet at every step. */
class Line {
  readonly initiator = new SessionSet<number>(randomBytes());
  readonly responder = new SessionSet<number>(randomBytes());
  readonly held = new Map<SessionSet<number>, Set<number>>([
    [this.initiator, new Set()],
    [this.responder, new Set()],
  ]);
  lost = 0;
  readonly #captured: { ephemeral: Uint8Array; token: Uint8Array | undefined }[] = [];
  #token: Uint8Array | undefined;
  #nextToken: Uint8Array | undefined;
  #now: Milliseconds = milliseconds(0);
  #heardAt: Milliseconds = milliseconds(0);
  #sessions = 0;

  step(step: Step): void {
    this.#now = milliseconds(this.#now + STEP);
    for (const end of [this.initiator, this.responder]) this.#drop(end, end.expire(this.#now));
    for (let count = 0; count < step.replays; count++) this.#replay(count);
    const isSilent = this.#now - this.#heardAt >= SILENCE;
    if (isSilent || this.initiator.rekeyAt() <= this.#now) this.#handshake(step);
    this.#packet(this.initiator, this.responder, step.out);
    if (this.#packet(this.responder, this.initiator, step.back)) this.#heardAt = this.#now;
  }

  #handshake(step: Step): void {
    const session = ++this.#sessions;
    const offered = { ephemeral: ephemeralOf(session), token: this.#token };
    this.#captured.push(offered);
    if (!step.initiation) return;
    this.#nextToken = this.responder.tokenInAnswerTo(offered.token);
    this.#add(this.responder, session, this.responder.offerAsResponder(session, offered, this.#now));
    if (!step.response) return;
    this.#token = this.#nextToken;
    this.#heardAt = this.#now;
    this.#add(this.initiator, session, this.initiator.offerAsInitiator(session, this.#now));
  }

  // A captured initiation, long ago or just now, comes to the responder again.
  #replay(count: number): void {
    const offered = this.#captured[(this.#sessions * 31 + count * 17) % Math.max(1, this.#captured.length)];
    if (offered === undefined || this.responder.answered(offered.ephemeral) !== undefined) return;
    const session = -++this.#sessions;
    this.#add(this.responder, session, this.responder.offerAsResponder(session, offered, this.#now));
  }

  #packet(from: SessionSet<number>, to: SessionSet<number>, arrives: boolean): boolean {
    const session = from.sending();
    const isReceived = arrives && session !== undefined && this.held.get(to)?.has(session) === true;
    if (isReceived) to.onAuthenticated(session, this.#now);
    else this.lost++;
    return isReceived;
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
