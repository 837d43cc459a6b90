import type { HandshakeCrypto } from "./handshake-crypto.ts";
import type { SecretKey } from "./key-id.ts";
import { encodeText } from "./text.ts";

// "hawser shard 1", in ASCII: what the hash is for, so that it is never the same as one for another purpose.
const LABEL = Uint8Array.of(0x68, 0x61, 0x77, 0x73, 0x65, 0x72, 0x20, 0x73, 0x68, 0x61, 0x72, 0x64, 0x20, 0x31);

// Longer names are refused when the offer is encoded.
const NAME_LIMIT = 255;

/**
 * The shard byte of a client's initiations: the first byte of BLAKE2b-512 of a label, the secret and the client's name, the
 * same on all its links and after every restart. It spreads the clients of a common secret over the workers of a server,
 * and tells who listens one of 256, of a hash that nobody can make without the secret.
 */
export function shardByte(crypto: HandshakeCrypto, secret: SecretKey, clientName: string | undefined): number {
  return crypto.hash(LABEL, secret.key, encodeText(clientName ?? "", NAME_LIMIT))[0] ?? 0;
}
