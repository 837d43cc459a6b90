import { DROP, type DropCode } from "../shared/protocol/drop-reason.ts";
import type { PacketFilter } from "../shared/protocol/packet/packet-delivery.ts";
import type { RouteTable } from "../shared/protocol/packet/route-table.ts";

/** What may come from one client: its own addresses and routes as source, and other clients only where allowed. */
export class PacketPolicy<Bundle extends NonNullable<unknown>> implements PacketFilter {
  readonly #routes: RouteTable<Bundle>;
  readonly #owner: () => Bundle | undefined;
  readonly #allowsClients: boolean;

  /** `owner` tells whose policy this is, once the bundle is made. */
  constructor(routes: RouteTable<Bundle>, owner: () => Bundle | undefined, allowsClients: boolean) {
    this.#routes = routes;
    this.#owner = owner;
    this.#allowsClients = allowsClients;
  }

  refuse(bytes: Uint8Array, offset: number): DropCode | undefined {
    const owner = this.#owner();
    const source = this.#routes.lookup(bytes, offset, "source");
    if (source === undefined || source !== owner) return DROP.foreignSource;
    if (this.#allowsClients) return undefined;
    const destination = this.#routes.lookup(bytes, offset, "destination");
    return destination === undefined || destination === owner ? undefined : DROP.clientToClient;
  }
}
