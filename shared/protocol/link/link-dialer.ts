import { DROP, type DropCode } from "../drop-reason.ts";
import type { Cipher } from "../seal/aead.ts";
import { followingToken } from "../session/freshness-token.ts";
import type { HandshakeCrypto } from "../session/handshake-crypto.ts";
import { Initiation } from "../session/initiation.ts";
import type { SecretKey } from "../session/key-id.ts";
import type { AcceptedLink } from "../session/link-answer.ts";
import type { LinkOffer } from "../session/link-offer.ts";
import type { RefusedLink } from "../session/refusal.ts";
import { type Milliseconds, milliseconds, NEVER, seconds } from "../units.ts";
import type { LinkSessions } from "./link-sessions.ts";
import type { MemberLink } from "./member-link.ts";

// An initiation is repeated as it is, so that an answer to any copy will do; a new one is made when the peer may have
// forgotten it. After a short outage a link that comes back is noticed within one interval.
const REPEAT_INTERVAL = seconds(1);
const ATTEMPT_LIFETIME = seconds(5);
const JITTER = 0.2;

// After so many without an answer the peer is gone for longer, or has more to answer than it can: each further one comes
// after twice the time, up to the longest, and somewhere within half of it, so that many clients do not call in step.
const QUICK_REPEATS = 5;
const LONGEST_INTERVAL = seconds(8);
const SLOW_JITTER = 0.5;

// Clients that came at once, as after a restart of their server, would all have new keys due in the same second.
const REKEY_SPREAD = seconds(15);

// A server that said no is asked again, but not at the pace of one that is silent.
const REFUSED_INTERVAL = seconds(10);

/** What the dialer of a link works with. */
export type DialerOptions = {
  readonly crypto: HandshakeCrypto;
  readonly secret: SecretKey;
  /** What this end offers on this link; the link index and the token are the dialer's. */
  readonly offer: () => Omit<LinkOffer, "linkIndex" | "token">;
  /** Takes a link index for the response to come to, and gives it back. */
  readonly reserveIndex: () => number;
  readonly releaseIndex: (linkIndex: number) => void;
  readonly send: (datagram: Uint8Array) => void;
};

/** What a response meant. */
export type DialOutcome =
  | { readonly kind: "accepted"; readonly answer: AcceptedLink }
  | { readonly kind: "refused"; readonly refusal: RefusedLink }
  | { readonly kind: "dropped"; readonly reason: DropCode };

/** Opens and rekeys one link as the initiator: decides when to send which initiation and reads the responses. */
export class LinkDialer {
  readonly #link: MemberLink;
  readonly #sessions: LinkSessions;
  readonly #options: DialerOptions;
  #attempt: { readonly initiation: Initiation; readonly until: Milliseconds } | undefined;
  #notBefore: Milliseconds = milliseconds(0);
  #token: Uint8Array | undefined;
  /** How many initiations in a row had no answer. */
  #unanswered = 0;
  #rekeyEarlier: Milliseconds = milliseconds(0);
  #hasNews = false;

  constructor(link: MemberLink, sessions: LinkSessions, options: DialerOptions) {
    this.#link = link;
    this.#sessions = sessions;
    this.#options = options;
  }

  nextTimeout(): Milliseconds {
    const due = this.#dueAt();
    return due === NEVER ? NEVER : milliseconds(Math.max(due, this.#notBefore));
  }

  /** Sends an initiation when one is due. */
  handleTimeout(now: Milliseconds): void {
    if (this.nextTimeout() > now) return;
    if (this.#attempt === undefined || this.#attempt.until <= now) this.#begin(now);
    const initiation = this.#attempt?.initiation;
    if (initiation === undefined) return;
    this.#options.send(initiation.datagram);
    this.#notBefore = milliseconds(now + this.#wait());
    this.#unanswered++;
  }

  /** Reads a response that came to this link's index. */
  handleResponse(datagram: Uint8Array, now: Milliseconds): DialOutcome {
    if (this.#attempt === undefined) return { kind: "dropped", reason: DROP.unknownLink };
    const { initiation } = this.#attempt;
    const response = initiation.readResponse(datagram);
    if (typeof response === "number") return { kind: "dropped", reason: response };
    this.#attempt = undefined;
    this.#unanswered = 0;
    if (response.kind === "refused") {
      this.#options.releaseIndex(initiation.offer.linkIndex);
      this.#notBefore = milliseconds(now + REFUSED_INTERVAL);
      return { kind: "refused", refusal: response };
    }
    const { answer, keys } = response;
    this.#token = answer.token;
    this.#rekeyEarlier = milliseconds(REKEY_SPREAD * this.#dice());
    const cipher: Cipher = answer.cipher;
    const { linkIndex: localIndex, classes } = initiation.offer;
    const peer = { mrru: answer.mrru, classes: Math.min(answer.classes, classes) };
    const agreement = { localIndex, remoteIndex: answer.linkIndex, cipher, keys, peer };
    this.#sessions.agreeAsInitiator(agreement, now);
    return { kind: "accepted", answer };
  }

  /** Tries again at once: the uplink or the peer has changed. */
  hurry(now: Milliseconds): void {
    this.#unanswered = 0;
    this.#notBefore = now;
  }

  /** Makes a new handshake at once, as what this end offers has changed. */
  tellAgain(now: Milliseconds): void {
    this.cancel();
    this.#hasNews = true;
    this.#notBefore = now;
  }

  /** Gives up what is under way: the uplink is gone. */
  cancel(): void {
    this.#giveUpAttempt();
    this.#unanswered = 0;
    this.#notBefore = milliseconds(0);
  }

  #giveUpAttempt(): void {
    if (this.#attempt !== undefined) this.#options.releaseIndex(this.#attempt.initiation.offer.linkIndex);
    this.#attempt = undefined;
  }

  #dueAt(): Milliseconds {
    if (this.#link.outlet === undefined) return NEVER;
    switch (this.#link.state.kind) {
      case "down":
        return NEVER;
      case "probing":
        return milliseconds(0);
      case "up":
        return this.#hasNews || this.#attempt !== undefined ? milliseconds(0) : this.#rekeyAt();
    }
  }

  #rekeyAt(): Milliseconds {
    const latest = this.#sessions.rekeyAt();
    return latest === NEVER ? NEVER : milliseconds(Math.max(0, latest - this.#rekeyEarlier));
  }

  /** How long an answer is waited for. */
  #wait(): Milliseconds {
    const doublings = Math.max(0, this.#unanswered + 1 - QUICK_REPEATS);
    if (doublings === 0) return milliseconds(REPEAT_INTERVAL * (1 + JITTER * this.#dice()));
    const interval = Math.min(LONGEST_INTERVAL, REPEAT_INTERVAL * 2 ** doublings);
    return milliseconds(interval * (1 - SLOW_JITTER * this.#dice()));
  }

  #begin(now: Milliseconds): void {
    this.#giveUpAttempt();
    this.#hasNews = false;
    const linkIndex = this.#options.reserveIndex();
    const offer = { ...this.#options.offer(), linkIndex, token: this.#token };
    if (this.#token !== undefined) this.#token = followingToken(this.#token);
    const initiation = Initiation.create(this.#options.crypto, this.#options.secret, offer);
    this.#attempt = { initiation, until: milliseconds(now + ATTEMPT_LIFETIME) };
  }

  #dice(): number {
    const [byte = 0] = this.#options.crypto.random(1);
    return byte / 255;
  }
}
