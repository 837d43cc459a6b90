import { LINE_KINDS } from "../../shared/protocol/link/line-overhead.ts";
import type { HandshakeCrypto, KeyPair } from "../../shared/protocol/session/handshake-crypto.ts";
import { PLAIN_LINE } from "../../shared/protocol/session/line-terms.ts";
import type { AcceptedLink } from "../../shared/protocol/session/link-answer.ts";
import type { LinkOffer } from "../../shared/protocol/session/link-offer.ts";
import { bytes, megabitsPerSecond, milliseconds, seconds, UNLIMITED } from "../../shared/protocol/units.ts";

/** An offer with the fewest options. */
export const PLAIN_OFFER: LinkOffer = {
  linkIndex: 0x010203,
  clientName: undefined,
  linkName: "dsl1",
  linkDiscriminator: 7,
  endpointDiscriminator: Uint8Array.of(1, 0xaa, 0xbb, 0xcc, 0xdd),
  mrru: bytes(1504),
  classes: 8,
  ciphers: ["aes-256-gcm", "chacha20-poly1305"],
  sendRate: UNLIMITED,
  receiveRate: UNLIMITED,
  keepalive: seconds(1),
  ip4: undefined,
  ip6: undefined,
  lineMtu: undefined,
  tunnelMtu: undefined,
  token: undefined,
  line: PLAIN_LINE,
  allowance: "full",
  version: "0.1.0",
};

/** An offer with every option. */
export const FULL_OFFER: LinkOffer = {
  ...PLAIN_OFFER,
  clientName: "alice",
  sendRate: megabitsPerSecond(10),
  receiveRate: megabitsPerSecond(50),
  ip4: { address: Uint8Array.of(10, 44, 43, 2), prefixLength: 24 },
  ip6: { address: Uint8Array.of(0xfd, ...new Array<number>(14).fill(0), 2), prefixLength: 64 },
  lineMtu: bytes(1492),
  tunnelMtu: bytes(1500),
  token: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 9),
  line: {
    downloadMinimum: megabitsPerSecond(2),
    overhead: LINE_KINDS["pppoe-llcsnap"],
    priority: 2,
    isFallbackOnly: true,
    lossTolerance: 0.025,
    latencyTolerance: milliseconds(300),
  },
  allowance: "throttled",
};

/** An acceptance with the fewest options. */
export const PLAIN_ANSWER: AcceptedLink = {
  kind: "accepted",
  linkIndex: 0x0a0b0c,
  endpointDiscriminator: Uint8Array.of(1, 0x11, 0x22),
  mrru: bytes(65_535),
  classes: 16,
  cipher: "aes-256-gcm",
  sendRate: UNLIMITED,
  receiveRate: UNLIMITED,
  keepalive: seconds(1),
  ip4: undefined,
  ip6: undefined,
  serverIp4: undefined,
  serverIp6: undefined,
  dns: [],
  routes: [],
  tunnelMtu: undefined,
  token: Uint8Array.of(8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0, 1),
  version: "0.1.0",
};

/** An acceptance with every option. */
export const FULL_ANSWER: AcceptedLink = {
  ...PLAIN_ANSWER,
  sendRate: megabitsPerSecond(50),
  receiveRate: megabitsPerSecond(10),
  ip4: { address: Uint8Array.of(10, 44, 43, 2), prefixLength: 24 },
  ip6: { address: Uint8Array.of(0xfd, ...new Array<number>(14).fill(0), 2), prefixLength: 64 },
  serverIp4: Uint8Array.of(10, 44, 43, 1),
  serverIp6: Uint8Array.of(0xfd, ...new Array<number>(14).fill(0), 1),
  dns: [Uint8Array.of(9, 9, 9, 9), Uint8Array.of(0x26, 0x20, ...new Array<number>(13).fill(0), 0xfe)],
  routes: [
    { address: Uint8Array.of(192, 168, 0, 0), prefixLength: 16 },
    { address: Uint8Array.of(0xfd, 1, ...new Array<number>(14).fill(0)), prefixLength: 48 },
  ],
  tunnelMtu: bytes(1500),
};

/** The primitives with key pairs that are given in advance, one private key after another, for test vectors. */
export function withFixedKeys(crypto: HandshakeCrypto, privateKeys: readonly Uint8Array[]): HandshakeCrypto {
  const keyPairs = privateKeys.map((privateKey) => keyPairOf(crypto, privateKey));
  let next = 0;
  return {
    ...crypto,
    generateKeyPair: () => {
      const keyPair = keyPairs[next++];
      if (keyPair === undefined) throw new RangeError("no further key pair was given");
      return keyPair;
    },
  };
}

/** The key pair of a private key. */
export function keyPairOf(crypto: HandshakeCrypto, privateKey: Uint8Array): KeyPair {
  // RFC 7748 §4.1: the base point is 9.
  const publicKey = crypto.agree(privateKey, Uint8Array.of(9, ...new Array<number>(31).fill(0)));
  if (publicKey === undefined) throw new RangeError("not a private key");
  return { privateKey, publicKey };
}

export function toHex(value: Uint8Array): string {
  return Buffer.from(value).toString("hex");
}

export function fromHex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "hex"));
}
