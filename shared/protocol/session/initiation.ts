import { DROP, type DropCode } from "../drop-reason.ts";
import type { RejectedOptions } from "./control-packet.ts";
import type { HandshakeCrypto, KeyPair } from "./handshake-crypto.ts";
import {
  handshakeDatagram,
  INITIATION_PAYLOAD_SIZE,
  initiationHeader,
  prologueOf,
  splitResponse,
} from "./handshake-datagram.ts";
import type { SecretKey } from "./key-id.ts";
import { type AcceptedLink, decodeAnswer } from "./link-answer.ts";
import { encodeOffer, type LinkOffer } from "./link-offer.ts";
import { readSecondMessage, type SymmetricState, split, startHandshake, writeFirstMessage } from "./noise.ts";
import type { RefusedLink } from "./refusal.ts";
import { shardByte } from "./shard-byte.ts";

/** The keys of a session, 32 bytes each: for what this end sends, and for what it receives. */
export type SessionKeys = { readonly sendKey: Uint8Array; readonly receiveKey: Uint8Array };

/** An authentic response: the link was accepted and has keys, or it was refused. */
export type Response =
  | {
      readonly kind: "accepted";
      readonly answer: AcceptedLink;
      readonly keys: SessionKeys;
      /** Options of the offer that the responder did not know and goes on without (RFC 1661 §5.4). */
      readonly rejected: readonly RejectedOptions[];
    }
  | RefusedLink;

/** The initiator's side of one handshake: one datagram, for which it waits for one response. */
export class Initiation {
  /** What to send. It may be sent again; a responder answers it with the same response. */
  readonly datagram: Uint8Array;
  readonly offer: LinkOffer;
  readonly #crypto: HandshakeCrypto;
  readonly #state: SymmetricState;
  readonly #privateKey: Uint8Array;

  private constructor(crypto: HandshakeCrypto, secret: SecretKey, offer: LinkOffer, ephemeral: KeyPair) {
    const shard = shardByte(crypto, secret, offer.clientName);
    const header = initiationHeader({ keyId: secret.keyId, shard });
    const start = startHandshake(crypto, secret.key, prologueOf(header));
    const written = writeFirstMessage(crypto, start, ephemeral, encodeOffer(offer, INITIATION_PAYLOAD_SIZE));
    this.datagram = handshakeDatagram({ header, noise: written.message });
    this.offer = offer;
    this.#crypto = crypto;
    this.#state = written.state;
    this.#privateKey = ephemeral.privateKey;
  }

  /** Starts a handshake. Throws a RangeError when a value of the offer is outside its bounds. */
  static create(crypto: HandshakeCrypto, secret: SecretKey, offer: LinkOffer): Initiation {
    return new Initiation(crypto, secret, offer, crypto.generateKeyPair());
  }

  /** Reads a response. One that is dropped changes nothing: the true one can still come. */
  readResponse(datagram: Uint8Array): Response | DropCode {
    const parts = splitResponse(datagram, this.offer.linkIndex);
    if (typeof parts === "number") return parts;
    const read = readSecondMessage(this.#crypto, this.#state, this.#privateKey, parts.noise);
    if (read === undefined) return DROP.notAuthentic;
    const decoded = decodeAnswer(read.payload);
    if (decoded === undefined) return DROP.badHandshake;
    const { answer, rejected } = decoded;
    if (answer.kind === "refused") return answer;
    if (!this.offer.ciphers.includes(answer.cipher)) return DROP.badHandshake;
    const { initiatorKey, responderKey } = split(this.#crypto, read.state);
    return { kind: "accepted", answer, rejected, keys: { sendKey: initiatorKey, receiveKey: responderKey } };
  }
}
