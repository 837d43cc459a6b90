import { type IpAddress, type IpPrefix, networkOf } from "../shared/config/values/ip-address.ts";
import { RouteTable } from "../shared/protocol/packet/route-table.ts";
import type { Admission, Reception } from "../shared/protocol/responder.ts";
import { createScheduler, type SchedulerName } from "../shared/protocol/scheduler/schedulers.ts";
import { keyIdText, type SecretKey } from "../shared/protocol/session/key-id.ts";
import type { LinkOffer } from "../shared/protocol/session/link-offer.ts";
import type { RefusedLink } from "../shared/protocol/session/refusal.ts";
import type { Tunnel } from "../shared/protocol/tunnel.ts";
import type { HostEvent, TunnelHost } from "../shared/protocol/tunnel-host.ts";
import type { Bytes, Milliseconds } from "../shared/protocol/units.ts";
import { AddressPool } from "./address-pool.ts";
import type { LinkLimits } from "./link-rates.ts";
import { PacketPolicy } from "./packet-policy.ts";
import type { ServerClientConfig } from "./server-clients.ts";
import { shareOfOnlyWorker, type WorkerShare } from "./worker-share.ts";

/** A client as bundles need it: whether it has a secret of its own, not which. */
export type BundleClient = Omit<ServerClientConfig, "secret"> & { readonly hasSecret: boolean };

// Bundles of one client that no packet has proved yet. Replayed offers can make no more than these at a time; the oldest
// gives way, so that they do not keep the true client out.
const UNPROVEN_LIMIT = 16;

const ENDPOINT_DISCRIMINATOR_SIZE = 8;

// RFC 1990 §5.1.3: class 1, a locally assigned address.
const LOCALLY_ASSIGNED = 1;

/** Who stands behind a secret: one client, or everybody who has the common one. */
export type SecretOwner = { readonly kind: "client"; readonly name: string } | { readonly kind: "everybody" };

/** Where packets for a network are led to this worker, when there are several; throws what the kernel refuses. */
export interface NetworkSteering {
  set(address: Uint8Array, prefixLength: number): void;
  remove(address: Uint8Array, prefixLength: number): void;
}

/** What the bundles of a server have in common. */
export type BundlesOptions = {
  readonly host: TunnelHost;
  readonly random: (length: number) => Uint8Array;
  readonly secrets: readonly { readonly secret: SecretKey; readonly owner: SecretOwner }[];
  readonly clients: readonly BundleClient[];
  readonly ip4: IpPrefix;
  readonly ip6: IpPrefix | undefined;
  readonly dns: readonly IpAddress[];
  readonly allowsClientToClient: boolean;
  readonly maxClients: number;
  readonly mrru: number;
  readonly classes: number;
  readonly reorderWait: Milliseconds;
  readonly scheduler: SchedulerName;
  readonly tunnelMtu: Bytes | undefined;
  readonly limitsFor: (client: string, offer: LinkOffer) => Partial<LinkLimits>;
  /** What other workers have part in; there are none when left out. */
  readonly share?: WorkerShare;
  readonly steering?: NetworkSteering | undefined;
  /** No address is left for a client, unless another worker has some of absent ones. */
  readonly onShortage?: () => void;
};

/** Addresses that belong to a client: its own, and those behind it. */
type Network = { readonly address: Uint8Array; readonly length: number };

/** One client's bundle. */
export type Bundle = {
  readonly client: string;
  readonly peer: string;
  readonly tunnel: Tunnel;
  readonly ip4: IpAddress | undefined;
  readonly ip6: IpAddress | undefined;
  readonly networks: readonly Network[];
  isEstablished: boolean;
};

/** The bundles of all clients of a worker: who may join which, what addresses they have, and where packets for them go. */
export class Bundles implements Reception<SecretOwner> {
  readonly #options: BundlesOptions;
  readonly #secrets: ReadonlyMap<string, { readonly secret: SecretKey; readonly owner: SecretOwner }>;
  readonly #clients: ReadonlyMap<string, BundleClient>;
  readonly #pool4: AddressPool;
  readonly #pool6: AddressPool | undefined;
  readonly #share: WorkerShare;
  readonly #routes = new RouteTable<Tunnel>();
  readonly #bundles = new Map<Tunnel, Bundle>();
  /** The scheduler of bundles that begin from now on. */
  scheduler: SchedulerName;

  constructor(options: BundlesOptions) {
    this.#options = options;
    this.scheduler = options.scheduler;
    this.#secrets = new Map(options.secrets.map((entry) => [keyIdText(entry.secret.keyId), entry]));
    this.#clients = new Map(options.clients.map((client) => [client.name, client]));
    const isDefined = (address: IpAddress | undefined): address is IpAddress => address !== undefined;
    const { ip4, ip6, clients, share = shareOfOnlyWorker(options) } = options;
    this.#share = share;
    this.#pool4 = new AddressPool(ip4, clients.map((client) => client.ip4).filter(isDefined), share.leases4);
    const fixed6 = clients.map((client) => client.ip6).filter(isDefined);
    this.#pool6 = ip6 === undefined ? undefined : new AddressPool(ip6, fixed6, share.leases6);
  }

  find(keyId: string): { readonly secret: SecretKey; readonly owner: SecretOwner } | undefined {
    return this.#secrets.get(keyId);
  }

  admit(owner: SecretOwner, offer: LinkOffer, _now: Milliseconds): Admission {
    const name = owner.kind === "client" ? owner.name : offer.clientName;
    const client = name === undefined ? undefined : this.#clients.get(name);
    const refusal = this.#refusal(owner, name, client);
    if (refusal !== undefined || name === undefined) return refusal ?? refuse("client-unknown", "no client name");
    const bundle = this.#find(name, peerText(offer)) ?? this.#create(name, client, offer);
    if ("kind" in bundle) return bundle;
    const { ip4, ip6, dns, tunnelMtu, limitsFor } = this.#options;
    const { sendLimits, receiveLimits } = limitsFor(name, offer);
    const inner = (address: IpAddress | undefined, prefix: IpPrefix | undefined) =>
      address === undefined || prefix === undefined
        ? undefined
        : { address: address.bytes, prefixLength: prefix.length };
    return {
      kind: "admitted",
      tunnel: bundle.tunnel,
      terms: {
        ip4: inner(bundle.ip4, ip4),
        ip6: inner(bundle.ip6, ip6),
        serverIp4: ip4.address.bytes,
        serverIp6: ip6?.address.bytes,
        dns: dns.map(({ bytes }) => bytes),
        routes: [],
        tunnelMtu,
      },
      sendLimits,
      receiveLimits,
    };
  }

  /** The bundle to which a packet of the TUN device goes, by its destination. */
  route(bytes: Uint8Array, offset: number): Tunnel | undefined {
    return this.#routes.lookup(bytes, offset, "destination");
  }

  /** All bundles that a packet has proved. */
  established(): Bundle[] {
    return [...this.#bundles.values()].filter(({ isEstablished }) => isEstablished);
  }

  get(tunnel: Tunnel): Bundle | undefined {
    return this.#bundles.get(tunnel);
  }

  /** Takes what happened in a tunnel into account. */
  handleEvent({ tunnel, event }: HostEvent): void {
    const bundle = this.#bundles.get(tunnel);
    if (bundle === undefined) return;
    if (event.kind === "link changed" && event.state.kind === "up" && !bundle.isEstablished) this.#establish(bundle);
    if (event.kind === "ended") this.#remove(bundle);
  }

  /** Takes the addresses of absent clients back: until the pool runs out, who returns finds its own again. */
  reclaimLeases(): void {
    const present = new Set([...this.#bundles.values()].map(({ client }) => client));
    this.#pool4.releaseAllBut(present);
    this.#pool6?.releaseAllBut(present);
  }

  #refusal(owner: SecretOwner, name: string | undefined, client: BundleClient | undefined): RefusedLink | undefined {
    if (name === undefined) return refuse("client-unknown", "the client has not said its name");
    if (owner.kind === "everybody" && client?.hasSecret === true) {
      return refuse("client-unknown", `client ${name} has a password of its own`);
    }
    if (client !== undefined && !client.isEnabled) return refuse("client-disabled", `client ${name} is disabled`);
    return undefined;
  }

  #find(client: string, peer: string): Bundle | undefined {
    for (const bundle of this.#bundles.values()) {
      if (bundle.client === client && bundle.peer === peer) return bundle;
    }
    return undefined;
  }

  #create(name: string, client: BundleClient | undefined, offer: LinkOffer): Bundle | RefusedLink {
    const { host, maxClients, mrru, classes, reorderWait, random } = this.#options;
    this.#makeRoomFor(name);
    const others = this.#presentClients();
    if (!others.has(name) && others.size + this.#clientsElsewhere() >= maxClients)
      return refuse("too-many-clients", "the server is full");
    const ip4 = this.#pool4.lease(name, client?.ip4, offer.ip4?.address);
    const ip6 = this.#pool6?.lease(name, client?.ip6, offer.ip6?.address);
    if (ip4 === undefined) return refuse("address-taken", "no tunnel address is free");
    const networks = networksOf(ip4, ip6, client?.routes ?? []);
    let tunnel: Tunnel | undefined;
    tunnel = host.addTunnel({
      name,
      role: "responder",
      scheduler: createScheduler(this.scheduler),
      mrru,
      classes,
      reorderWait,
      filter: this.#policyFor(networks, () => tunnel),
      endpointDiscriminator: Uint8Array.of(LOCALLY_ASSIGNED, ...random(ENDPOINT_DISCRIMINATOR_SIZE)),
    });
    const bundle = { client: name, peer: peerText(offer), tunnel, ip4, ip6, networks, isEstablished: false };
    this.#bundles.set(tunnel, bundle);
    return bundle;
  }

  /** Lets the oldest unproven bundles of a client go, and leases of absent clients when there are no more. */
  #makeRoomFor(name: string): void {
    const unproven = [...this.#bundles.values()].filter(
      ({ client, isEstablished }) => client === name && !isEstablished,
    );
    for (const oldest of unproven.slice(0, Math.max(0, unproven.length + 1 - UNPROVEN_LIMIT))) this.#remove(oldest);
    if (!this.#isShort) return;
    this.reclaimLeases();
    if (this.#isShort) this.#options.onShortage?.();
  }

  get #isShort(): boolean {
    return this.#pool4.isFull || this.#pool6?.isFull === true;
  }

  #presentClients(): Set<string> {
    return new Set(this.established().map(({ client }) => client));
  }

  #clientsElsewhere(): number {
    const { clients, place } = this.#share;
    return clients.reduce((sum, count, worker) => sum + (worker === place.number ? 0 : count), 0);
  }

  #tellClients(): void {
    const { clients, place } = this.#share;
    Atomics.store(clients, place.number, this.#presentClients().size);
  }

  #policyFor(networks: readonly Network[], bundle: () => Tunnel | undefined): PacketPolicy<Tunnel> {
    const own = new RouteTable<true>();
    for (const { address, length } of networks) own.add(address, length, true);
    const allowsClients = this.#options.allowsClientToClient;
    return new PacketPolicy<Tunnel>({ own, routes: this.#routes, bundle, allowsClients });
  }

  /** Lets packets go to a bundle, in place of an older one of the same client. */
  #establish(bundle: Bundle): void {
    for (const other of [...this.#bundles.values()]) {
      if (other !== bundle && other.client === bundle.client && other.isEstablished) this.#remove(other);
    }
    bundle.isEstablished = true;
    for (const { address, length } of bundle.networks) {
      this.#routes.add(address, length, bundle.tunnel);
      this.#options.steering?.set(address, length);
    }
    this.#tellClients();
  }

  #remove(bundle: Bundle): void {
    this.#bundles.delete(bundle.tunnel);
    this.#routes.removeValue(bundle.tunnel);
    if (bundle.isEstablished) {
      for (const { address, length } of bundle.networks) this.#options.steering?.remove(address, length);
      this.#tellClients();
    }
    this.#options.host.removeTunnel(bundle.tunnel);
  }
}

function networksOf(
  ip4: IpAddress | undefined,
  ip6: IpAddress | undefined,
  routes: readonly IpPrefix[],
): readonly Network[] {
  const hosts = [ip4, ip6].filter((address) => address !== undefined);
  return [
    ...hosts.map(({ bytes }) => ({ address: bytes, length: bytes.length * 8 })),
    ...routes.map((route) => ({ address: networkOf(route).bytes, length: route.length })),
  ];
}

function refuse(reason: RefusedLink["reason"], text: string): RefusedLink {
  return { kind: "refused", reason, text };
}

function peerText(offer: LinkOffer): string {
  return Array.from(offer.endpointDiscriminator, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
