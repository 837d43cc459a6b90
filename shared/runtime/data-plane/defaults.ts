import { cpuHasAes } from "dgram-native";
import type { Cipher } from "../../protocol/seal/aead.ts";

/** Over how many classes flows are spread: enough that a loss in one rarely stalls another's. */
export const TRAFFIC_CLASSES = 8;

/**
 * How many keys a link may need at a time, for each direction of its sessions: one that sends, one that is retired, eight
 * that wait for proof, and those of a moment ago that a batch may still name.
 */
export const KEYS_PER_LINK = 24;

/** The largest line MTU that is used: what a datagram buffer holds, and more than any internet line has. */
export const LARGEST_LINE_MTU = 2000;

const LINE_MTU = 1500;

// RFC 1990 §5.1.3: class 1, a locally assigned address.
const LOCALLY_ASSIGNED = 1;
const ADDRESS_SIZE = 8;

/** A fresh endpoint discriminator (RFC 1990 §5.1.3), by which the peer knows that this bundle is a new one. */
export function endpointDiscriminator(random: (length: number) => Uint8Array): Uint8Array {
  return Uint8Array.of(LOCALLY_ASSIGNED, ...random(ADDRESS_SIZE));
}

/** The ciphers of this machine, the faster one first, or only the one that the operator wants. */
export function ciphersFor(choice: Cipher | "auto"): readonly Cipher[] {
  if (choice !== "auto") return [choice];
  return cpuHasAes() ? ["aes-256-gcm", "chacha20-poly1305"] : ["chacha20-poly1305", "aes-256-gcm"];
}

/** A line's MTU within what can be used; that of Ethernet when it is not known. */
export function lineMtu(mtu: number | undefined): number {
  return Math.min(LARGEST_LINE_MTU, mtu ?? LINE_MTU);
}
