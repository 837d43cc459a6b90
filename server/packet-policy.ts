import { DROP, type DropCode } from "../shared/protocol/drop-reason.ts";
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

/** What may come from one client: its own addresses and routes as source, and to other clients only where allowed. */
export class PacketPolicy<Bundle extends NonNullable<unknown>> implements PacketFilter {
  readonly #options: PacketPolicyOptions<Bundle>;

  constructor(options: PacketPolicyOptions<Bundle>) {
    this.#options = options;
  }

  refuse(bytes: Uint8Array, offset: number): DropCode | undefined {
    const { own, routes, bundle, allowsClients } = this.#options;
    if (own.lookup(bytes, offset, "source") === undefined) return DROP.foreignSource;
    if (allowsClients) return undefined;
    const destination = routes.lookup(bytes, offset, "destination");
    return destination === undefined || destination === bundle() ? undefined : DROP.clientToClient;
  }
}
