import { totalmem } from "node:os";
import { workerData } from "node:worker_threads";
import { isLogged } from "../shared/observe/decision-log.ts";
import { DROP } from "../shared/protocol/drop-reason.ts";
import type { MemberLink } from "../shared/protocol/link/member-link.ts";
import { CELL_SIZE } from "../shared/protocol/packet/cell-pool.ts";
import { Responder } from "../shared/protocol/responder.ts";
import type { InitiationTarget } from "../shared/protocol/session/handshake-datagram.ts";
import { workerFor, workerProgram } from "../shared/protocol/session/worker-choice.ts";
import type { Tunnel } from "../shared/protocol/tunnel.ts";
import type { HostEvent } from "../shared/protocol/tunnel-host.ts";
import { DataPlane } from "../shared/runtime/data-plane/data-plane.ts";
import { KEYS_PER_LINK, LARGEST_LINE_MTU, TRAFFIC_CLASSES } from "../shared/runtime/data-plane/defaults.ts";
import { LISTENING_HINTS, openFailure } from "../shared/runtime/data-plane/open-failure.ts";
import { reportFailure, ThreadSide } from "../shared/runtime/data-plane/thread-side.ts";
import { shareSteering, type TunSteering } from "../shared/runtime/data-plane/tun-queue.ts";
import { type BundleFacts, localText, remoteText } from "../shared/runtime/data-plane/tunnel-status.ts";
import { createHandshakeCrypto } from "../shared/runtime/handshake-crypto.ts";
import { SystemError } from "../shared/runtime/system-error.ts";
import { type Bundle, Bundles, type NetworkSteering } from "./bundles.ts";
import type { ServerCommand, ServerEvent, ServerPlaneData, ServerWorkerData } from "./data-plane-messages.ts";
import { linkLimits } from "./link-rates.ts";
import { openInTurn } from "./worker-share.ts";

// Beside the cells: sockets, the TUN device, packets that are put together, and the links' addresses.
const OTHER_BYTES = 64 * 1024 * 1024;
// Packets that wait may fill an eighth of the machine's memory, those of all workers together. The kernel gives no small
// machine half a gigabyte in one piece, even if most of it is never touched.
const MEMORY_SHARE = 1 / 8;
const FEWEST_CELLS = 16_384;
const MOST_CELLS = 131_072;
const LINKS = 16_384;
// What "::" stands for on a kernel without IPv6.
const ANY_IP4 = "0.0.0.0";

// Of a thousand clients something happens often, and the smallest MTU is that of all of them.
const CHANGES_OF_MTU: ReadonlySet<HostEvent["event"]["kind"]> = new Set(["mtu changed", "link changed", "ended"]);

/** A worker of the server's data plane: the bundles of its clients over a few sockets. */
class ServerPlane {
  readonly #data: ServerWorkerData;
  readonly #commonKeyId: Uint8Array | undefined;
  readonly #steering: TunSteering | undefined;
  readonly #plane: DataPlane;
  readonly #bundles: Bundles;
  readonly #side: ThreadSide<ServerCommand, ServerEvent>;
  #tunnelMtu = 0;
  #reportedMtu: number | null = null;

  constructor(data: ServerWorkerData, crypto: Awaited<ReturnType<typeof createHandshakeCrypto>>) {
    const { random } = crypto;
    const { place, steering } = data.share;
    this.#data = data;
    this.#commonKeyId = data.secrets.find(({ owner }) => owner.kind === "everybody")?.secret.keyId;
    this.#steering = steering === undefined ? undefined : shareSteering(steering);
    const affordable = Math.floor((totalmem() * MEMORY_SHARE) / CELL_SIZE);
    const cells = Math.min(MOST_CELLS, Math.floor(Math.max(FEWEST_CELLS, affordable) / place.count));
    const links = Math.ceil(LINKS / place.count);
    const arenaBytes = cells * CELL_SIZE + OTHER_BYTES;
    this.#plane = new DataPlane({ arenaBytes, cells, links, keys: links * KEYS_PER_LINK, random, place });
    const { host } = this.#plane;
    this.#bundles = new Bundles({
      ...data,
      host,
      random,
      classes: TRAFFIC_CLASSES,
      limitsFor: (client, offer) => linkLimits(data.linkRates, client, offer),
      steering: this.#networkSteering(),
      onShortage: () => this.#side.emit({ kind: "addresses short" }),
    });
    const { ciphers, deadAfter, version } = data;
    const reception = this.#bundles;
    const lineMtu = LARGEST_LINE_MTU;
    const isOurs = (target: InitiationTarget): boolean =>
      workerFor(target, this.#commonKeyId, place.count) === place.number;
    const end = { host, crypto, reception, ciphers, lineMtu, deadAfter, version };
    host.setHandshakeReceiver(new Responder({ ...end, isOurs }));
    this.#side = new ThreadSide(this.#plane, {
      route: (bytes, offset) => this.#route(bytes, offset),
      onCommand: (command) => this.#obey(command),
      onHostEvent: (event) => this.#handle(event),
      facts: () =>
        this.#bundles.established().map((bundle) => ({ tunnel: bundle.tunnel, facts: this.#describe(bundle) })),
      newBundles: {
        scheduler: () => this.#bundles.scheduler,
        use: (name) => {
          this.#bundles.scheduler = name;
        },
      },
    });
  }

  run(): void {
    const { interfaceName: name, offload, sockets, port, nice, share } = this.#data;
    const interfaceName = openInTurn(share, () => {
      for (const socket of sockets) this.#listen(socket, port);
      return this.#plane.openTun({ name, offload, steering: this.#steering });
    });
    this.#side.run(interfaceName, nice);
  }

  #obey(command: ServerCommand): void {
    if (command.kind === "tunnel mtu") this.#tunnelMtu = command.mtu;
    else this.#bundles.reclaimLeases();
  }

  /** What brings packets for a network from the TUN device to this worker's queue. */
  #networkSteering(): NetworkSteering | undefined {
    const steering = this.#steering;
    const { number } = this.#data.share.place;
    if (steering === undefined) return undefined;
    return {
      set: (address, prefixLength) => steering.set(address, prefixLength, number),
      remove: (address, prefixLength) => void steering.remove(address, prefixLength),
    };
  }

  #listen(socket: ServerPlaneData["sockets"][number], port: number): void {
    const { address, family, dualStack } = socket;
    const { number, count } = this.#data.share.place;
    const sharing =
      count === 1 ? undefined : { program: workerProgram(count, this.#commonKeyId), isFirst: number === 0 };
    try {
      this.#plane.openSocket({ family, address, port, dualStack, packetInfo: true, sharing });
    } catch (error) {
      const failure = openFailure(error, `listen on ${address} port ${port}`, LISTENING_HINTS);
      const lacksIp6 = dualStack && failure instanceof SystemError && failure.code === "EAFNOSUPPORT";
      if (!lacksIp6) throw failure;
      this.#listen({ address: ANY_IP4, family: 4, dualStack: false }, port);
    }
  }

  #route(bytes: Uint8Array, offset: number): Tunnel | undefined {
    const tunnel = this.#bundles.route(bytes, offset);
    if (tunnel === undefined) this.#plane.host.drops.count(DROP.noRoute);
    return tunnel;
  }

  #handle(hostEvent: HostEvent): void {
    const { tunnel, event } = hostEvent;
    const before = this.#bundles.get(tunnel);
    if (before === undefined) return;
    const wasEstablished = before.isEstablished;
    this.#bundles.handleEvent(hostEvent);
    const { client } = before;
    const bytes = this.#plane.arena.bytes;
    if (event.kind === "link changed") {
      const { link, state } = event;
      const rttMs = link.roundTripTime.smoothed ?? null;
      const remote = remoteText(bytes, link);
      const { kind: stateName, reason } = state;
      if (before.isEstablished) {
        this.#side.emit({ kind: event.kind, client, link: link.name, state: stateName, reason, remote, rttMs });
      }
    }
    if (event.kind === "decided" && before.isEstablished && isLogged(event.decision)) {
      this.#side.emit({ kind: event.kind, client, decision: event.decision });
    }
    if (event.kind === "link roamed") {
      this.#side.emit({ kind: event.kind, client, link: event.link.name, remote: remoteText(bytes, event.link) });
    }
    if (before.isEstablished && !wasEstablished) {
      this.#side.emit({
        kind: "client connected",
        client,
        ip4: before.ip4?.text ?? null,
        ip6: before.ip6?.text ?? null,
      });
    }
    if (event.kind === "ended" && wasEstablished) this.#side.emit({ kind: "client gone", client });
    if (CHANGES_OF_MTU.has(event.kind)) this.#reportMtu();
  }

  #reportMtu(): void {
    const known = this.#bundles.established().map(({ tunnel }) => tunnel.mtu);
    const smallest = Math.min(...known.filter((one) => one > 0));
    const mtu = Number.isFinite(smallest) ? smallest : null;
    if (mtu === this.#reportedMtu) return;
    this.#reportedMtu = mtu;
    this.#side.emit({ kind: "mtu changed", mtu });
  }

  #describe(bundle: Bundle): BundleFacts {
    return {
      ip4: bundle.ip4?.text ?? null,
      ip6: bundle.ip6?.text ?? null,
      mtu: this.#tunnelMtu,
      local: (link: MemberLink) => localText(this.#plane.arena.bytes, link),
    };
  }
}

const data: ServerWorkerData = workerData;
try {
  new ServerPlane(data, await createHandshakeCrypto()).run();
} catch (error) {
  if (!reportFailure(error)) throw error;
}
