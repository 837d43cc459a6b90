// A token:
//  0..7   epoch: random, one for as long as the responder remembers the link
//  8..11  serial number of the offer within the epoch, big endian

import { integer } from "./codecs.ts";
import { isSame } from "./handshake-datagram.ts";
import { TOKEN_SIZE } from "./option-types.ts";

const EPOCH_SIZE = 8;
const SERIAL_MAX = 0xffffffff;
const serialCodec = integer(TOKEN_SIZE - EPOCH_SIZE, 0, SERIAL_MAX);

/**
 * A responder's proof of freshness without a clock. Every answer carries the token for the next offer, and every further
 * offer counts its serial number up, so an offer is fresh when it was made after all that have arrived: replays never
 * are, not even of initiations that were caught on their way before they could arrive.
 */
export class FreshnessToken {
  readonly #epoch: Uint8Array;
  #latest = 0;

  constructor(random: (length: number) => Uint8Array) {
    this.#epoch = random(EPOCH_SIZE);
  }

  /** The token for the answer to an offer with this token: the one that the initiator's next offer will need. */
  inAnswerTo(token: Uint8Array | undefined): Uint8Array {
    return tokenOf(this.#epoch, Math.max(this.#latest, this.#serial(token)) + 1);
  }

  /** Whether an offer with this token is fresh; no other one with it, or with an earlier one, is from now on. */
  spend(token: Uint8Array | undefined): boolean {
    const serial = this.#serial(token);
    if (serial <= this.#latest) return false;
    this.#latest = serial;
    return true;
  }

  // The serial number in a token of this epoch, and 0 in all others.
  #serial(token: Uint8Array | undefined): number {
    if (token === undefined || !isSame(token.subarray(0, EPOCH_SIZE), this.#epoch)) return 0;
    return serialCodec.read(token.subarray(EPOCH_SIZE)) ?? 0;
  }
}

/** The token for an initiator's offer after the one with this token, when no answer has brought a later one. */
export function followingToken(token: Uint8Array): Uint8Array {
  const serial = serialCodec.read(token.subarray(EPOCH_SIZE)) ?? 0;
  return tokenOf(token.subarray(0, EPOCH_SIZE), serial + 1);
}

function tokenOf(epoch: Uint8Array, serial: number): Uint8Array {
  return Uint8Array.of(...epoch, ...serialCodec.write(Math.min(serial, SERIAL_MAX)));
}
