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
// forgotten it. A link that comes back is noticed within one interval.
const REPEAT_INTERVAL = seconds(1);
const ATTEMPT_LIFETIME = seconds(5);
const JITTER = 0.2;

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
    this.#notBefore = milliseconds(now + REPEAT_INTERVAL * (1 + JITTER * this.#dice()));
  }

  /** Reads a response that came to this link's index. */
  handleResponse(datagram: Uint8Array, now: Milliseconds): DialOutcome {
    if (this.#attempt === undefined) return { kind: "dropped", reason: DROP.unknownLink };
    const { initiation } = this.#attempt;
    const response = initiation.readResponse(datagram);
    if (typeof response === "number") return { kind: "dropped", reason: response };
    this.#attempt = undefined;
    if (response.kind === "refused") {
      this.#options.releaseIndex(initiation.offer.linkIndex);
      this.#notBefore = milliseconds(now + REFUSED_INTERVAL);
      return { kind: "refused", refusal: response };
    }
    const { answer, keys } = response;
    this.#token = answer.token;
    const cipher: Cipher = answer.cipher;
    const { linkIndex: localIndex, classes } = initiation.offer;
    const peer = { mrru: answer.mrru, classes: Math.min(answer.classes, classes) };
    const agreement = { localIndex, remoteIndex: answer.linkIndex, cipher, keys, peer };
    this.#sessions.agreeAsInitiator(agreement, now);
    return { kind: "accepted", answer };
  }

  /** Tries again at once: the uplink or the peer has changed. */
  hurry(now: Milliseconds): void {
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
    if (this.#attempt !== undefined) this.#options.releaseIndex(this.#attempt.initiation.offer.linkIndex);
    this.#attempt = undefined;
    this.#notBefore = milliseconds(0);
  }

  #dueAt(): Milliseconds {
    if (this.#link.outlet === undefined) return NEVER;
    switch (this.#link.state.kind) {
      case "down":
        return NEVER;
      case "probing":
        return milliseconds(0);
      case "up":
        return this.#hasNews || this.#attempt !== undefined ? milliseconds(0) : this.#sessions.rekeyAt();
    }
  }

  #begin(now: Milliseconds): void {
    this.cancel();
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
