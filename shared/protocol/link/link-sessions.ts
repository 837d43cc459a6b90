import type { Aead, Cipher } from "../seal/aead.ts";
import { type PeerLimits, SecurityAssociation } from "../seal/security-association.ts";
import type { SessionKeys } from "../session/initiation.ts";
import { type Offered, SessionSet } from "../session/session-set.ts";
import type { Milliseconds } from "../units.ts";
import type { MemberLink } from "./member-link.ts";

/** What the sessions of a link need from the process they are in. */
export type SessionEnvironment = {
  readonly aead: Aead;
  readonly random: (length: number) => Uint8Array;
  /** Lets datagrams with this link index reach the link under these keys. */
  readonly bind: (link: MemberLink, association: SecurityAssociation) => void;
  readonly unbind: (linkIndex: number) => void;
};

/** What a handshake agreed for one link. */
export type Agreement = {
  readonly localIndex: number;
  readonly remoteIndex: number;
  readonly cipher: Cipher;
  readonly keys: SessionKeys;
  /** What the peer said that it can receive. */
  readonly peer: PeerLimits;
};

/** The security associations of one link: makes them from handshakes, and puts keys in and out of the AEAD's slots. */
export class LinkSessions {
  readonly #link: MemberLink;
  readonly #environment: SessionEnvironment;
  readonly #sessions: SessionSet<SecurityAssociation>;
  /** Those of sessions that wait for proof: 1.2 KiB each, so only as long as they may be asked for again. */
  #responses: Map<SecurityAssociation, Uint8Array> | undefined;

  constructor(link: MemberLink, environment: SessionEnvironment) {
    this.#link = link;
    this.#environment = environment;
    this.#sessions = new SessionSet(environment.random);
  }

  /** The response that was sent to an initiation with this ephemeral key already; "proven" when the peer has shown that it has it. */
  responseTo(ephemeral: Uint8Array): Uint8Array | "proven" | undefined {
    const association = this.#sessions.answered(ephemeral);
    if (association === undefined) return undefined;
    return association.isProven ? "proven" : this.#responses?.get(association);
  }

  /** The token for the answer to an offer with this token. */
  tokenInAnswerTo(token: Uint8Array | undefined): Uint8Array {
    return this.#sessions.tokenInAnswerTo(token);
  }

  /** Takes what our own initiation agreed: it sends from now on. */
  agreeAsInitiator(agreement: Agreement, now: Milliseconds): void {
    this.#remove(this.#sessions.offerAsInitiator(this.#associate(agreement), now));
    this.#choose();
  }

  /** Takes what we answered to an initiation: it receives, until the peer's proof. */
  agreeAsResponder(agreement: Agreement, offered: Offered, response: Uint8Array, now: Milliseconds): void {
    const association = this.#associate(agreement);
    this.#responses ??= new Map();
    this.#responses.set(association, response);
    this.#remove(this.#sessions.offerAsResponder(association, offered, now));
  }

  /** Notes a fresh packet under keys that were not proven yet; true when they are the ones to send with from now on. */
  onFirstProof(association: SecurityAssociation, now: Milliseconds): boolean {
    association.isProven = true;
    // Who has proved its keys has had the response, and does not repeat what it answers.
    this.#responses?.delete(association);
    if (this.#responses?.size === 0) this.#responses = undefined;
    const isChosen = this.#sessions.onAuthenticated(association, now);
    this.#choose();
    return isChosen;
  }

  /** When a new handshake is due. */
  rekeyAt(): Milliseconds {
    return this.#sessions.rekeyAt();
  }

  nextTimeout(): Milliseconds {
    return this.#sessions.nextTimeout();
  }

  handleTimeout(now: Milliseconds): void {
    if (this.#sessions.nextTimeout() > now) return;
    this.#remove(this.#sessions.expire(now));
    this.#choose();
  }

  /** Whether neither a session nor an answered handshake is left. */
  get isEmpty(): boolean {
    return this.#sessions.isEmpty;
  }

  /** Forgets all keys. */
  clear(): void {
    this.#remove(this.#sessions.clear());
    this.#choose();
  }

  #associate({ localIndex, remoteIndex, cipher, keys, peer }: Agreement): SecurityAssociation {
    const { aead, bind } = this.#environment;
    const sealSlot = aead.addKey(cipher, keys.sendKey);
    const openSlot = aead.addKey(cipher, keys.receiveKey);
    const association = new SecurityAssociation({ localIndex, remoteIndex, cipher, sealSlot, openSlot }, peer);
    bind(this.#link, association);
    return association;
  }

  #remove(associations: readonly SecurityAssociation[]): void {
    for (const association of associations) {
      const { localIndex, sealSlot, openSlot } = association.keys;
      this.#environment.unbind(localIndex);
      this.#environment.aead.removeKey(sealSlot);
      this.#environment.aead.removeKey(openSlot);
      this.#responses?.delete(association);
    }
  }

  #choose(): void {
    const before = this.#link.association;
    this.#link.association = this.#sessions.sending();
    if (this.#link.association === before) return;
    this.#link.lossRate.restart();
    if (this.#link.association !== undefined) this.#link.sentPackets.restart(this.#link.association.keys.remoteIndex);
  }
}
