/** Why something was dropped, as the small integer that the data path counts by: an index into `DROP_REASONS`. */
export const DROP = {
  /** A datagram too short for its type. */
  tooShort: 0,
  /** A datagram of a type that does not exist. */
  unknownType: 1,
  /** A datagram for a link index that nobody holds. */
  unknownLink: 2,
  /** A datagram whose tag is wrong. */
  notAuthentic: 3,
  /** A packet number that was seen before, or that is older than the replay window. */
  replayed: 4,
  /** An authentic frame that cannot be read. */
  badFrame: 5,
  /** A fragment that came after its place was given up. */
  lateFragment: 6,
  /** A fragment that never came. */
  lostFragment: 7,
  /** Fragments that came, of a packet that stayed incomplete. */
  incompletePacket: 8,
  /** Fragments that no longer fitted into the reordering window. */
  reorderOverflow: 9,
  /** A packet whose source address is not its sender's. */
  foreignSource: 10,
  /** A packet to an address that no client holds. */
  noRoute: 11,
  /** A packet between two clients while that is not allowed. */
  clientToClient: 12,
  /** Something that is not a well-formed IP packet. */
  malformedPacket: 13,
  /** A packet that found the queue full. */
  queueFull: 14,
  /** A packet at a time when no link was up. */
  noLink: 15,
  /** A packet above the tunnel's MTU. */
  tooBig: 16,
  /** A handshake that was understood and refused. */
  handshakeRefused: 17,
  /** A handshake that cannot be read or is not authentic. */
  badHandshake: 18,
  /** A handshake under a key id that nobody holds. */
  unknownKey: 19,
  /** A reassembled packet above the MRRU. */
  oversizedPacket: 20,
  /** A frame of a PPP protocol that is not spoken. */
  unknownProtocol: 21,
  /** A handshake above the allowed rate. */
  handshakeLimit: 22,
  /** A packet that had waited too long in the queue (RFC 8289). */
  queueDelay: 23,
  /** A handshake that the kernel gave to another worker of the server than its client's. */
  wrongWorker: 24,
} as const;

/** A reason as a small integer. */
export type DropCode = (typeof DROP)[keyof typeof DROP];

/** The names of the reasons, as status and metrics show them; the index of a name is its `DropCode`. */
export const DROP_REASONS = [
  "too-short",
  "unknown-type",
  "unknown-link",
  "not-authentic",
  "replayed",
  "bad-frame",
  "late-fragment",
  "lost-fragment",
  "incomplete-packet",
  "reorder-overflow",
  "foreign-source",
  "no-route",
  "client-to-client",
  "malformed-packet",
  "queue-full",
  "no-link",
  "too-big",
  "handshake-refused",
  "bad-handshake",
  "unknown-key",
  "oversized-packet",
  "unknown-protocol",
  "handshake-limit",
  "queue-delay",
  "wrong-worker",
] as const;

/** A reason by name. */
export type DropReason = (typeof DROP_REASONS)[number];

/** One counter for every drop reason. */
export class DropCounters {
  // Doubles count to 2^53; 32 bits would wrap within hours of a flood.
  readonly #counts = new Float64Array(DROP_REASONS.length);

  /** Counts drops for one reason. */
  count(reason: DropCode, times = 1): void {
    this.#counts[reason] = (this.#counts[reason] ?? 0) + times;
  }

  /** How many drops one reason had, by its code or its name. */
  get(reason: DropCode | DropReason): number {
    const code = typeof reason === "string" ? DROP_REASONS.indexOf(reason) : reason;
    return this.#counts[code] ?? 0;
  }

  /** The sum over all reasons. */
  get total(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  /** The reasons that happened, by name. */
  snapshot(): Record<string, number> {
    const happened: Record<string, number> = {};
    for (const reason of DROP_REASONS) {
      const count = this.get(reason);
      if (count > 0) happened[reason] = count;
    }
    return happened;
  }

  /** What `JSON.stringify` writes: the snapshot. */
  toJSON(): Record<string, number> {
    return this.snapshot();
  }
}
