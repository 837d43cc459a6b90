import { DROP, type DropCode } from "../shared/protocol/drop-reason.ts";
import { wordAt } from "../shared/protocol/packet/flow.ts";
import { ipVersion, SOURCE } from "../shared/protocol/packet/ip-header.ts";
import type { PacketFilter } from "../shared/protocol/packet/packet-delivery.ts";
import type { RouteTable } from "../shared/protocol/packet/route-table.ts";

/** What a policy knows of one client and of all others. */
export type PacketPolicyOptions<Bundle extends NonNullable<unknown>> = {
  /** The client's own addresses and routes: every source that it may use. */
  readonly own: RouteTable<true>;
  /** Where packets for all clients go. */
  readonly routes: RouteTable<Bundle>;
  /** The client's own bundle, once it is made. */
  readonly bundle: () => Bundle | undefined;
  readonly allowsClients: boolean;
};

// Of source and destination, which stand one behind the other (RFC 791 §3.1, RFC 8200 §3).
const IP4_WORDS = 2;
const IP6_WORDS = 8;

/** What may come from one client: its own addresses and routes as source, and to other clients only where allowed. */
export class PacketPolicy<Bundle extends NonNullable<unknown>> implements PacketFilter {
  readonly #options: PacketPolicyOptions<Bundle>;
  /** The addresses of the latest packet that was let through, and how often the tables had been changed then. */
  readonly #addresses = new Int32Array(IP6_WORDS);
  #version = 0;
  #changes = 0;

  constructor(options: PacketPolicyOptions<Bundle>) {
    this.#options = options;
  }

  refuse(bytes: Uint8Array, offset: number): DropCode | undefined {
    const { own, routes } = this.#options;
    const changes = own.changes + routes.changes;
    const version = ipVersion(bytes, offset);
    // Packets of one flow come in runs.
    if (version === this.#version && changes === this.#changes && this.#hasSameAddresses(bytes, offset))
      return undefined;
    const reason = this.#judge(bytes, offset);
    if (reason !== undefined) return reason;
    this.#version = version;
    this.#changes = changes;
    const from = offset + sourceOffset(version);
    for (let word = 0; word < addressWords(version); word++) this.#addresses[word] = wordAt(bytes, from + 4 * word);
    return undefined;
  }

  #hasSameAddresses(bytes: Uint8Array, offset: number): boolean {
    const from = offset + sourceOffset(this.#version);
    const words = addressWords(this.#version);
    for (let word = 0; word < words; word++)
      if (wordAt(bytes, from + 4 * word) !== this.#addresses[word]) return false;
    return true;
  }

  #judge(bytes: Uint8Array, offset: number): DropCode | undefined {
    const { own, routes, bundle, allowsClients } = this.#options;
    if (own.lookup(bytes, offset, "source") === undefined) return DROP.foreignSource;
    if (allowsClients) return undefined;
    const destination = routes.lookup(bytes, offset, "destination");
    return destination === undefined || destination === bundle() ? undefined : DROP.clientToClient;
  }
}

const sourceOffset = (version: number): number => (version === 6 ? SOURCE[6] : SOURCE[4]);
const addressWords = (version: number): number => (version === 6 ? IP6_WORDS : IP4_WORDS);
