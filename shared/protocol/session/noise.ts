import type { HandshakeCrypto, KeyPair } from "./handshake-crypto.ts";

// Noise Protocol Framework, revision 34. NNpsk0 is
//   -> psk, e
//   <- e, ee
// and both messages carry a payload; the first is sealed under a key that comes from the psk and e alone.

// "Noise_NNpsk0_25519_ChaChaPoly_BLAKE2b" in ASCII; shorter than a hash, so it is padded with zeros (§5.2).
const PROTOCOL_NAME = "Noise_NNpsk0_25519_ChaChaPoly_BLAKE2b";
const HASH_SIZE = 64;
const BLOCK_SIZE = 128;

/** The size of an X25519 public key and of every key that the handshake gives. */
export const KEY_SIZE = 32;
/** What a handshake message adds to its payload: the ephemeral key and the tag. */
export const NOISE_OVERHEAD = KEY_SIZE + 16;

const EMPTY = new Uint8Array(0);

/**
 * A Noise SymmetricState (§5.2) as a value: every step makes a new one, so a message that turns out to be forged
 * has changed nothing. NNpsk0 seals one payload under each key, so the nonce counter is always zero.
 */
export type SymmetricState = {
  readonly chainingKey: Uint8Array;
  readonly hash: Uint8Array;
  /** The key of the next payload. */
  readonly key: Uint8Array;
};

/** The two keys of Noise's Split(): the initiator sends with the first, the responder with the second. */
export type SplitKeys = { readonly initiatorKey: Uint8Array; readonly responderKey: Uint8Array };

/** A message that was written: its bytes, and the state behind it. */
export type WrittenMessage = { readonly message: Uint8Array; readonly state: SymmetricState };

/** A message that was read: its payload, the sender's ephemeral public key, and the state behind it. */
export type ReadMessage = {
  readonly payload: Uint8Array;
  readonly ephemeral: Uint8Array;
  readonly state: SymmetricState;
};

/** Starts a handshake on either side: the protocol's name, the prologue, and the psk token, which comes first. */
export function startHandshake(crypto: HandshakeCrypto, psk: Uint8Array, prologue: Uint8Array): SymmetricState {
  const name = new Uint8Array(HASH_SIZE);
  for (let index = 0; index < PROTOCOL_NAME.length; index++) name[index] = PROTOCOL_NAME.charCodeAt(index);
  const named = { chainingKey: name, hash: name, key: EMPTY };
  return mixKeyAndHash(crypto, mixHash(crypto, named, prologue), psk);
}

/** Writes the first message (`e`) with a payload. */
export function writeFirstMessage(
  crypto: HandshakeCrypto,
  start: SymmetricState,
  ephemeral: KeyPair,
  payload: Uint8Array,
): WrittenMessage {
  return sealPayload(crypto, mixEphemeral(crypto, start, ephemeral.publicKey), ephemeral.publicKey, payload);
}

/** Reads the first message; undefined when it is too short or its payload was not sealed under the same psk. */
export function readFirstMessage(
  crypto: HandshakeCrypto,
  start: SymmetricState,
  message: Uint8Array,
): ReadMessage | undefined {
  if (message.length < NOISE_OVERHEAD) return undefined;
  const ephemeral = message.slice(0, KEY_SIZE);
  return openPayload(crypto, mixEphemeral(crypto, start, ephemeral), ephemeral, message.subarray(KEY_SIZE));
}

/** Writes the second message (`e, ee`) with a payload; undefined when the initiator's ephemeral is of low order. */
export function writeSecondMessage(
  crypto: HandshakeCrypto,
  first: SymmetricState,
  ephemeral: KeyPair,
  remoteEphemeral: Uint8Array,
  payload: Uint8Array,
): WrittenMessage | undefined {
  const shared = crypto.agree(ephemeral.privateKey, remoteEphemeral);
  if (shared === undefined) return undefined;
  const mixed = mixKey(crypto, mixEphemeral(crypto, first, ephemeral.publicKey), shared);
  return sealPayload(crypto, mixed, ephemeral.publicKey, payload);
}

/** Reads the second message; undefined when it is too short, of low order, or not the answer to our first one. */
export function readSecondMessage(
  crypto: HandshakeCrypto,
  first: SymmetricState,
  ownPrivateKey: Uint8Array,
  message: Uint8Array,
): ReadMessage | undefined {
  if (message.length < NOISE_OVERHEAD) return undefined;
  const ephemeral = message.slice(0, KEY_SIZE);
  const shared = crypto.agree(ownPrivateKey, ephemeral);
  if (shared === undefined) return undefined;
  const mixed = mixKey(crypto, mixEphemeral(crypto, first, ephemeral), shared);
  return openPayload(crypto, mixed, ephemeral, message.subarray(KEY_SIZE));
}

/** The session's keys, once the second message was written or read (§5.2, Split). */
export function split(crypto: HandshakeCrypto, state: SymmetricState): SplitKeys {
  const [first, second] = hkdf(crypto, state.chainingKey, EMPTY);
  return { initiatorKey: first.slice(0, KEY_SIZE), responderKey: second.slice(0, KEY_SIZE) };
}

// §9.2: in a handshake with a psk the token "e" also calls MixKey(e.public_key).
function mixEphemeral(crypto: HandshakeCrypto, state: SymmetricState, publicKey: Uint8Array): SymmetricState {
  return mixKey(crypto, mixHash(crypto, state, publicKey), publicKey);
}

function mixHash(crypto: HandshakeCrypto, state: SymmetricState, data: Uint8Array): SymmetricState {
  return { ...state, hash: crypto.hash(state.hash, data) };
}

function mixKey(crypto: HandshakeCrypto, state: SymmetricState, material: Uint8Array): SymmetricState {
  const [chainingKey, key] = hkdf(crypto, state.chainingKey, material);
  return { ...state, chainingKey, key: key.slice(0, KEY_SIZE) };
}

function mixKeyAndHash(crypto: HandshakeCrypto, state: SymmetricState, material: Uint8Array): SymmetricState {
  const [chainingKey, hashInput, key] = hkdf(crypto, state.chainingKey, material);
  return mixHash(crypto, { ...state, chainingKey, key: key.slice(0, KEY_SIZE) }, hashInput);
}

function sealPayload(
  crypto: HandshakeCrypto,
  state: SymmetricState,
  ephemeral: Uint8Array,
  payload: Uint8Array,
): WrittenMessage {
  const sealed = crypto.encrypt(state.key, 0, state.hash, payload);
  const message = new Uint8Array(ephemeral.length + sealed.length);
  message.set(ephemeral);
  message.set(sealed, ephemeral.length);
  return { message, state: mixHash(crypto, state, sealed) };
}

function openPayload(
  crypto: HandshakeCrypto,
  state: SymmetricState,
  ephemeral: Uint8Array,
  sealed: Uint8Array,
): ReadMessage | undefined {
  const payload = crypto.decrypt(state.key, 0, state.hash, sealed);
  if (payload === undefined) return undefined;
  return { payload, ephemeral, state: mixHash(crypto, state, sealed) };
}

// §4.3: HKDF with three outputs; who needs two ignores the third.
function hkdf(
  crypto: HandshakeCrypto,
  chainingKey: Uint8Array,
  material: Uint8Array,
): [Uint8Array, Uint8Array, Uint8Array] {
  const secret = hmac(crypto, chainingKey, material);
  const first = hmac(crypto, secret, Uint8Array.of(1));
  const second = hmac(crypto, secret, first, Uint8Array.of(2));
  const third = hmac(crypto, secret, second, Uint8Array.of(3));
  return [first, second, third];
}

// HMAC (RFC 2104) over BLAKE2b, whose block is 128 bytes; every key here is shorter than that.
function hmac(crypto: HandshakeCrypto, key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const inner = new Uint8Array(BLOCK_SIZE).fill(0x36);
  const outer = new Uint8Array(BLOCK_SIZE).fill(0x5c);
  for (const [index, byte] of key.entries()) {
    inner[index] = 0x36 ^ byte;
    outer[index] = 0x5c ^ byte;
  }
  return crypto.hash(outer, crypto.hash(inner, ...parts));
}
