// Both messages of a handshake are datagrams of the same size, whatever is in them.
//   initiation                                  response
//  0      1                                     2
//  1..3   zero                                  the initiator's link index, big endian
//  4      protocol version                      protocol version
//  5      shard byte                            zero
//  6..7   zero                                  zero
//  8..23  key id                                8..1023  Noise's second message: e, sealed payload
// 24..    Noise's first message: e, sealed payload
import { DROP, type DropCode } from "../drop-reason.ts";
import { DATAGRAM_HEADER_SIZE, DATAGRAM_TYPES } from "../wire/datagram-header.ts";
import { KEY_ID_SIZE } from "./key-id.ts";
import { NOISE_OVERHEAD } from "./noise.ts";

/** The version of the protocol that is spoken here. */
export const PROTOCOL_VERSION = 1;

/**
 * The size of both messages, in bytes. Equal sizes mean that a responder never amplifies what a forged source address
 * sends it, and that nobody can tell a refusal from an acceptance. 1024 has room for 20 routes, and still fits an IPv6
 * path of 1280 bytes that is itself a tunnel.
 */
export const HANDSHAKE_SIZE = 1024;

const VERSION_OFFSET = 4;
/** Where the shard byte stands in an initiation, and where the key id. */
export const SHARD_OFFSET = 5;
export const KEY_ID_OFFSET = DATAGRAM_HEADER_SIZE;
const INITIATION_HEADER_SIZE = KEY_ID_OFFSET + KEY_ID_SIZE;
const PROLOGUE_LABEL_SIZE = 16;

/** The size of the payloads, padding included. */
export const INITIATION_PAYLOAD_SIZE = HANDSHAKE_SIZE - INITIATION_HEADER_SIZE - NOISE_OVERHEAD;
export const RESPONSE_PAYLOAD_SIZE = HANDSHAKE_SIZE - DATAGRAM_HEADER_SIZE - NOISE_OVERHEAD;

/** The two parts of a message. */
export type HandshakeParts = { readonly header: Uint8Array; readonly noise: Uint8Array };

/** For whom an initiation is: whose secret it is under, and the shard byte, by which a server chooses among its workers. */
export type InitiationTarget = { readonly keyId: Uint8Array; readonly shard: number };

/** What stands in clear in front of the Noise message of an initiation. */
export function initiationHeader({ keyId, shard }: InitiationTarget): Uint8Array {
  const header = new Uint8Array(INITIATION_HEADER_SIZE);
  header.set(datagramHeader(DATAGRAM_TYPES.initiation, 0));
  header[SHARD_OFFSET] = shard;
  header.set(keyId, KEY_ID_OFFSET);
  return header;
}

/** What stands in clear in front of the Noise message of a response. */
export function responseHeader(linkIndex: number): Uint8Array {
  return datagramHeader(DATAGRAM_TYPES.response, linkIndex);
}

/** Noise's prologue: the protocol's name, and everything that the initiation has in clear in front of its message. */
export function prologueOf(header: Uint8Array): Uint8Array {
  const prologue = new Uint8Array(PROLOGUE_LABEL_SIZE + header.length);
  for (const [index, character] of [..."hawser handshake"].entries()) prologue[index] = character.charCodeAt(0);
  prologue.set(header, PROLOGUE_LABEL_SIZE);
  return prologue;
}

/** A header and a Noise message as one datagram. */
export function handshakeDatagram({ header, noise }: HandshakeParts): Uint8Array {
  const datagram = new Uint8Array(header.length + noise.length);
  datagram.set(header);
  datagram.set(noise, header.length);
  return datagram;
}

/** For whom an initiation is, before anything is known to be authentic. */
export function readTarget(datagram: Uint8Array): InitiationTarget | DropCode {
  const drop = checkSize(datagram);
  if (drop !== undefined) return drop;
  const header = datagram.slice(0, INITIATION_HEADER_SIZE);
  const target = { keyId: header.subarray(KEY_ID_OFFSET), shard: header[SHARD_OFFSET] ?? 0 };
  return isSame(header, initiationHeader(target)) ? target : DROP.badHandshake;
}

/** Copies an initiation and takes it apart; the caller has read for whom it is. */
export function splitInitiation(datagram: Uint8Array): HandshakeParts {
  return { header: datagram.slice(0, INITIATION_HEADER_SIZE), noise: datagram.slice(INITIATION_HEADER_SIZE) };
}

/** Copies a response to the initiation of this link index and takes it apart. */
export function splitResponse(datagram: Uint8Array, linkIndex: number): HandshakeParts | DropCode {
  const drop = checkSize(datagram);
  if (drop !== undefined) return drop;
  const header = datagram.slice(0, DATAGRAM_HEADER_SIZE);
  // The header is not part of the Noise transcript; every byte of it can have one value only.
  if (!isSame(header, responseHeader(linkIndex))) return DROP.badHandshake;
  return { header, noise: datagram.slice(DATAGRAM_HEADER_SIZE) };
}

/** Whether two byte strings are the same; not for secrets, as the time tells where they differ. */
export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

function checkSize(datagram: Uint8Array): DropCode | undefined {
  if (datagram.length < HANDSHAKE_SIZE) return DROP.tooShort;
  return datagram.length > HANDSHAKE_SIZE ? DROP.badHandshake : undefined;
}

function datagramHeader(type: number, linkIndex: number): Uint8Array {
  const header = new Uint8Array(DATAGRAM_HEADER_SIZE);
  header[0] = type;
  header[1] = linkIndex >> 16;
  header[2] = linkIndex >> 8;
  header[3] = linkIndex;
  header[VERSION_OFFSET] = PROTOCOL_VERSION;
  return header;
}
