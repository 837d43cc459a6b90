import { earliest, type Milliseconds, milliseconds, NEVER } from "../units.ts";
import { FreshnessToken } from "./freshness-token.ts";
import { isSame } from "./handshake-datagram.ts";
import { PROOF_WAIT, REKEY_AGE, type SessionEvent, type SessionStage, transition } from "./session-stage.ts";

// Sessions that wait for proof: so many of those whose offer had the current token, and so many of the others. An
// attacker who replays old initiations can fill only the second share, and so never displaces a live peer's session.
const WAITING_LIMIT = 4;

/** What a responder remembers of the offer that made a session. */
export type Offered = { readonly ephemeral: Uint8Array; readonly token: Uint8Array | undefined };

type Entry<Session> = {
  readonly session: Session;
  readonly madeAt: Milliseconds;
  /** Undefined for sessions that were initiated here. */
  readonly ephemeral: Uint8Array | undefined;
  readonly isFresh: boolean;
  readonly stage: SessionStage;
};

/** When the first stage ends, and when a new handshake is due. */
type DueTimes = { readonly stageEnd: Milliseconds; readonly rekey: Milliseconds };

/**
 * The sessions of one link: which one sends, which ones receive, and for how long. A session takes the place of
 * another only when the peer has proved by a fresh authentic packet that it holds the new keys, so a replayed
 * initiation changes nothing. Sessions that are over are returned once, for their keys to be removed.
 */
export class SessionSet<Session> {
  // In the order in which they were made.
  #entries: Entry<Session>[] = [];
  /** Undefined when the entries have changed since it was looked for. */
  #due: DueTimes | undefined;
  readonly #token: FreshnessToken;

  /** `random` gives fresh random bytes. */
  constructor(random: (length: number) => Uint8Array) {
    this.#token = new FreshnessToken(random);
  }

  /** The session that this link sends with. */
  sending(): Session | undefined {
    return (this.#last("trial") ?? this.#last("proven"))?.session;
  }

  /** The token for the answer to an offer with this token. */
  tokenInAnswerTo(token: Uint8Array | undefined): Uint8Array {
    return this.#token.inAnswerTo(token);
  }

  /** The session that an initiation with this ephemeral key has made already: it gets the same response again. */
  answered(ephemeral: Uint8Array): Session | undefined {
    return this.#entries.find((entry) => entry.ephemeral !== undefined && isSame(entry.ephemeral, ephemeral))
      ?.session;
  }

  /** Adds a session that we answered: it receives, until the peer's proof. Returns the sessions that it displaced. */
  offerAsResponder(session: Session, offered: Offered, now: Milliseconds): readonly Session[] {
    const isFresh = this.#token.spend(offered.token);
    const stage: SessionStage = { kind: "offered", until: milliseconds(now + PROOF_WAIT) };
    this.#add({ session, madeAt: now, ephemeral: offered.ephemeral, isFresh, stage });
    return this.#displace(isFresh);
  }

  /**
   * Adds a session that we initiated and whose response we have read: it sends at once. The caller sends something
   * under it now, as the responder waits for that. Returns the sessions that it displaced.
   */
  offerAsInitiator(session: Session, now: Milliseconds): readonly Session[] {
    this.#apply("superseded", now, (entry) => entry.stage.kind === "trial");
    const stage: SessionStage = { kind: "trial", until: milliseconds(now + PROOF_WAIT) };
    this.#add({ session, madeAt: now, ephemeral: undefined, isFresh: true, stage });
    return this.#displace(true);
  }

  /**
   * Says that a fresh authentic packet came under a session. Returns true when that was the proof which makes it the
   * one to send with: what its handshake agreed holds from now on.
   */
  onAuthenticated(session: Session, now: Milliseconds): boolean {
    const index = this.#entries.findIndex((entry) => entry.session === session);
    const entry = this.#entries[index];
    // A late packet under older keys does not bring them back.
    const isNewer = this.#entries.findLastIndex(({ stage }) => stage.kind === "proven") < index;
    if (entry === undefined || !isNewer || !isWaiting(entry)) return false;
    const older = this.#entries.slice(0, index);
    this.#apply("superseded", now, (other) => older.includes(other));
    this.#apply("proof", now, (other) => other.session === session);
    return true;
  }

  /** When a new handshake is due: `NEVER` while one is being tried, and 0 when there is nothing to send with. */
  rekeyAt(): Milliseconds {
    this.#due ??= this.#findDue();
    return this.#due.rekey;
  }

  /** When `expire` has something to do: a stage of some session ends. */
  nextTimeout(): Milliseconds {
    this.#due ??= this.#findDue();
    return this.#due.stageEnd;
  }

  /** Ends the stages that are over, and returns the sessions that are over with them. */
  expire(now: Milliseconds): readonly Session[] {
    return this.#apply("elapsed", now, (entry) => entry.stage.until <= now);
  }

  /** Whether there is no session left, in whatever stage. */
  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** Forgets every session and returns them all: the link was closed. */
  clear(): readonly Session[] {
    const sessions = this.#entries.map((entry) => entry.session);
    this.#entries = [];
    this.#due = undefined;
    return sessions;
  }

  #last(kind: SessionStage["kind"]): Entry<Session> | undefined {
    return this.#entries.findLast((entry) => entry.stage.kind === kind);
  }

  #findDue(): DueTimes {
    const stageEnd = this.#entries.reduce((time, entry) => earliest(time, entry.stage.until), NEVER);
    if (this.#last("trial") !== undefined) return { stageEnd, rekey: NEVER };
    const proven = this.#last("proven");
    return { stageEnd, rekey: milliseconds(proven === undefined ? 0 : proven.madeAt + REKEY_AGE) };
  }

  #add(entry: Entry<Session>): void {
    this.#entries.push(entry);
    this.#due = undefined;
  }

  #apply(event: SessionEvent, now: Milliseconds, isMeant: (entry: Entry<Session>) => boolean): readonly Session[] {
    const over: Session[] = [];
    this.#entries = this.#entries.flatMap((entry) => {
      if (!isMeant(entry)) return [entry];
      const stage = transition(entry.stage, event, entry.madeAt, now);
      if (stage === undefined) over.push(entry.session);
      return stage === undefined ? [] : [{ ...entry, stage }];
    });
    this.#due = undefined;
    return over;
  }

  #displace(isFresh: boolean): readonly Session[] {
    const waiting = this.#entries.filter((entry) => isWaiting(entry) && entry.isFresh === isFresh);
    const displaced = waiting.slice(0, Math.max(0, waiting.length - WAITING_LIMIT));
    this.#entries = this.#entries.filter((entry) => !displaced.includes(entry));
    this.#due = undefined;
    return displaced.map((entry) => entry.session);
  }
}

function isWaiting(entry: { readonly stage: SessionStage }): boolean {
  return entry.stage.kind === "offered" || entry.stage.kind === "trial";
}
