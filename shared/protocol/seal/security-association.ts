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

/** The keys of one link that came from one handshake, with the packet numbers of both directions. */
export class SecurityAssociation {
  readonly keys: AssociationKeys;
  readonly window = new ReplayWindow();
  /** The peer has proved by a fresh packet that it holds these keys. */
  isProven = false;
  #nextPacketNumber = 0;

  constructor(keys: AssociationKeys) {
    this.keys = keys;
  }

  /** The number of the next packet that is sealed under these keys; never the same twice. */
  takePacketNumber(): number {
    return this.#nextPacketNumber++;
  }

  get sentPackets(): number {
    return this.#nextPacketNumber;
  }
}
