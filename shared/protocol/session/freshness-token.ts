import { isSame } from "./handshake-datagram.ts";
import { TOKEN_SIZE } from "./option-types.ts";

/**
 * A responder's proof of freshness without a clock: every answer carries a token, and an offer that carries the
 * current one was made after that answer. A token is spent when the session that it came with proves itself, not
 * before, so that an initiator whose answer was lost can ask again with the same one.
 */
export class FreshnessToken {
  readonly #random: (length: number) => Uint8Array;
  #current: Uint8Array;
  #next: Uint8Array;

  constructor(random: (length: number) => Uint8Array) {
    this.#random = random;
    this.#current = random(TOKEN_SIZE);
    this.#next = random(TOKEN_SIZE);
  }

  /** Whether an offer with this token is no replay from before the current token. */
  isProvedBy(token: Uint8Array | undefined): boolean {
    return token !== undefined && isSame(token, this.#current);
  }

  /** The token for the answer to an offer with this token: the one that the initiator's next offer will need. */
  inAnswerTo(token: Uint8Array | undefined): Uint8Array {
    return this.isProvedBy(token) ? this.#next : this.#current;
  }

  /** Goes on to the next token, once a session that was offered with the current one proved itself. */
  spend(): void {
    this.#current = this.#next;
    this.#next = this.#random(TOKEN_SIZE);
  }
}
