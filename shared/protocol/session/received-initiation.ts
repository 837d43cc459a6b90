import { DROP, type DropCode } from "../drop-reason.ts";
import type { HandshakeCrypto } from "./handshake-crypto.ts";
import {
  handshakeDatagram,
  isSame,
  prologueOf,
  RESPONSE_PAYLOAD_SIZE,
  readTarget,
  responseHeader,
  splitInitiation,
} from "./handshake-datagram.ts";
import type { SessionKeys } from "./initiation.ts";
import type { SecretKey } from "./key-id.ts";
import { encodeAnswer, type LinkAnswer } from "./link-answer.ts";
import { type DecodedOffer, decodeOffer, type LinkOffer } from "./link-offer.ts";
import { type ReadMessage, readFirstMessage, split, startHandshake, writeSecondMessage } from "./noise.ts";
import type { RefusedLink } from "./refusal.ts";
import { shardByte } from "./shard-byte.ts";

const UNSUPPORTED: RefusedLink = {
  kind: "refused",
  reason: "unsupported-option",
  text: "the client asks for something that this server does not know and must not pass over",
};

/** A response that was made: what to send, and the keys, which a refused link does not have. */
export type MadeResponse = { readonly datagram: Uint8Array; readonly keys: SessionKeys | undefined };

/** An initiation that was sealed under the secret. It may still be a replayed one: nothing in it holds for good yet. */
export class ReceivedInitiation {
  readonly offer: LinkOffer;
  /** The initiator's ephemeral public key, by which a repeated initiation is known again. */
  readonly ephemeral: Uint8Array;
  /** Why the link must be refused whatever the answer, if it must. */
  readonly mustRefuse: RefusedLink | undefined;
  readonly #crypto: HandshakeCrypto;
  readonly #message: ReadMessage;
  readonly #decoded: DecodedOffer;

  constructor(crypto: HandshakeCrypto, message: ReadMessage, decoded: DecodedOffer) {
    this.offer = decoded.offer;
    this.ephemeral = message.ephemeral;
    this.mustRefuse = decoded.isSupported ? undefined : UNSUPPORTED;
    this.#crypto = crypto;
    this.#message = message;
    this.#decoded = decoded;
  }

  /**
   * Makes the response, with new keys at every call; it is never larger than the initiation. Throws a RangeError when
   * a value of the answer is outside its bounds.
   */
  respond(answer: LinkAnswer): MadeResponse | DropCode {
    const { ephemeral, state } = this.#message;
    const given = this.mustRefuse ?? answer;
    const payload = encodeAnswer(given, this.#decoded.rejected, RESPONSE_PAYLOAD_SIZE);
    const written = writeSecondMessage(this.#crypto, state, this.#crypto.generateKeyPair(), ephemeral, payload);
    if (written === undefined) return DROP.badHandshake;
    const datagram = handshakeDatagram({ header: responseHeader(this.offer.linkIndex), noise: written.message });
    if (given.kind === "refused") return { datagram, keys: undefined };
    const { initiatorKey, responderKey } = split(this.#crypto, written.state);
    return { datagram, keys: { sendKey: responderKey, receiveKey: initiatorKey } };
  }
}

/**
 * Reads an initiation under the secret of its key id. The seal of its payload is checked before any Diffie-Hellman is
 * done, so a stranger costs a few hashes.
 */
export function readInitiation(
  crypto: HandshakeCrypto,
  secret: SecretKey,
  datagram: Uint8Array,
): ReceivedInitiation | DropCode {
  const target = readTarget(datagram);
  if (typeof target === "number") return target;
  if (!isSame(target.keyId, secret.keyId)) return DROP.unknownKey;
  const { header, noise } = splitInitiation(datagram);
  const message = readFirstMessage(crypto, startHandshake(crypto, secret.key, prologueOf(header)), noise);
  if (message === undefined) return DROP.notAuthentic;
  const decoded = decodeOffer(message.payload);
  if (decoded === undefined) return DROP.badHandshake;
  // Else who has a common secret could have bundles of one name in several workers.
  if (shardByte(crypto, secret, decoded.offer.clientName) !== target.shard) return DROP.badHandshake;
  return new ReceivedInitiation(crypto, message, decoded);
}
