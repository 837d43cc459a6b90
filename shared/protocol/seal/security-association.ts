import type { LinkAllowance } from "../link/quota.ts";
import type { Cipher } from "./aead.ts";
import { ReplayWindow } from "./replay-window.ts";

/** What a finished handshake gives: the two link indices and the key slots of both directions. */
export type AssociationKeys = {
  /** The index under which the peer addresses us: the one in the datagrams that we receive. */
  readonly localIndex: number;
  readonly remoteIndex: number;
  readonly cipher: Cipher;
  readonly sealSlot: number;
  readonly openSlot: number;
};

/** What the peer can receive: the largest packet, and how many classes, over which flows are spread. */
export type PeerLimits = {
  readonly mrru: number;
  readonly classes: number;
  /** What the quota of the client's line allows, as told to the server. */
  readonly allowance?: LinkAllowance;
};

/** The keys of one link that came from one handshake, with the packet numbers of both directions. */
export class SecurityAssociation {
  readonly keys: AssociationKeys;
  /** What its handshake said of the peer: it holds once these keys send. */
  readonly peer: PeerLimits;
  readonly window = new ReplayWindow();
  /** The peer has proved by a fresh packet that it holds these keys. */
  isProven = false;
  #nextPacketNumber = 0;

  constructor(keys: AssociationKeys, peer: PeerLimits) {
    this.keys = keys;
    this.peer = peer;
  }

  /** The number of the next packet that is sealed under these keys, or of the first of `count`; never the same twice. */
  takePacketNumber(count = 1): number {
    const first = this.#nextPacketNumber;
    this.#nextPacketNumber += count;
    return first;
  }

  get sentPackets(): number {
    return this.#nextPacketNumber;
  }
}
