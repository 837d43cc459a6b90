import { workerData } from "node:worker_threads";
import { ipAddress } from "../shared/config/values/ip-address.ts";
import { isLogged } from "../shared/observe/decision-log.ts";
import { Initiator } from "../shared/protocol/initiator.ts";
import type { MemberLink } from "../shared/protocol/link/member-link.ts";
import { createScheduler } from "../shared/protocol/scheduler/schedulers.ts";
import type { Tunnel } from "../shared/protocol/tunnel.ts";
import type { HostEvent } from "../shared/protocol/tunnel-host.ts";
import { bytes, type Milliseconds, milliseconds } from "../shared/protocol/units.ts";
import { DataPlane } from "../shared/runtime/data-plane/data-plane.ts";
import { endpointDiscriminator, KEYS_PER_LINK, TRAFFIC_CLASSES } from "../shared/runtime/data-plane/defaults.ts";
import type { LinkSocket } from "../shared/runtime/data-plane/link-socket.ts";
import { reportFailure, ThreadSide } from "../shared/runtime/data-plane/thread-side.ts";
import type { BundleFacts } from "../shared/runtime/data-plane/tunnel-status.ts";
import { createHandshakeCrypto } from "../shared/runtime/handshake-crypto.ts";
import type { ClientCommand, ClientEvent, ClientPlaneData, Uplink } from "./data-plane-messages.ts";

// 32 MiB of cells, 2 MiB for each of 64 sockets, and the rest.
const ARENA_BYTES = 176 * 1024 * 1024;
const CELLS = 16_384;
const LINKS = 64;

/** A link with the socket that it has at the moment. */
type PlaneLink = { readonly link: MemberLink; socket: LinkSocket | undefined; local: string | null };

/** The client's data plane: one bundle, one socket for each link that has an uplink. */
class ClientPlane {
  readonly #plane: DataPlane;
  readonly #tunnel: Tunnel;
  readonly #links = new Map<string, PlaneLink>();
  readonly #side: ThreadSide<ClientCommand, ClientEvent>;
  #facts: Omit<BundleFacts, "local" | "mtu"> = { ip4: null, ip6: null };
  #mtu = 0;

  constructor(data: ClientPlaneData, crypto: Awaited<ReturnType<typeof createHandshakeCrypto>>) {
    const { random } = crypto;
    this.#plane = new DataPlane({
      arenaBytes: ARENA_BYTES,
      cells: CELLS,
      links: LINKS,
      keys: LINKS * KEYS_PER_LINK,
      random,
    });
    this.#tunnel = this.#plane.host.addTunnel({
      name: data.clientName,
      role: "initiator",
      scheduler: createScheduler(data.scheduler),
      mrru: data.mrru,
      classes: TRAFFIC_CLASSES,
      reorderWait: data.reorderWait,
      filter: undefined,
      filters: data.filters,
      endpointDiscriminator: endpointDiscriminator(random),
    });
    const initiator = new Initiator({ ...data, host: this.#plane.host, tunnel: this.#tunnel, crypto });
    this.#plane.host.setHandshakeReceiver(initiator);
    for (const [discriminator, link] of data.links.entries()) {
      const added = initiator.addLink({ ...link, discriminator, mtu: bytes(link.mtu) }, milliseconds(0));
      this.#links.set(link.name, { link: added, socket: undefined, local: null });
    }
    this.#side = new ThreadSide(this.#plane, {
      route: () => this.#tunnel,
      onCommand: (command, now) => this.#handle(command, now),
      onHostEvent: ({ event }) => this.#report(event),
      facts: () => [{ tunnel: this.#tunnel, facts: this.#describe() }],
    });
  }

  run({ interfaceName, offload, nice }: ClientPlaneData): void {
    this.#side.run(this.#plane.openTun({ name: interfaceName, offload }), nice);
  }

  #handle(command: ClientCommand, now: Milliseconds): void {
    if (command.kind === "tunnel mtu") {
      this.#mtu = command.mtu;
      return;
    }
    const held = this.#links.get(command.link);
    if (held === undefined) return;
    if (command.kind === "allowance") {
      held.link.setAllowance(command.allowance, now);
      this.#tunnel.parts(held.link)?.dialer?.tellAgain(now);
      this.#plane.host.touch(this.#tunnel);
      return;
    }
    this.#closeSocket(held);
    if (command.kind === "uplink lost") this.#lose(held, command.reason, now);
    else this.#connect(held, command.uplink, now);
    this.#plane.host.touch(this.#tunnel);
  }

  #connect(held: PlaneLink, uplink: Uplink, now: Milliseconds): void {
    const { link } = held;
    const { remote, family, address, device, mark, mtu, port } = uplink;
    try {
      const socket = this.#plane.openSocket({ family, address, device, mark, ...(port === null ? {} : { port }) });
      held.socket = socket;
      held.local = `${address}%${device}`;
      link.pathMtu.setMaximum(bytes(mtu), now);
      const peer = socket.record(remote);
      this.#tunnel.setUplink(
        link,
        { outlet: socket.outlet, peer, detail: `asking ${remote.address} by ${device}` },
        now,
      );
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
      this.#closeSocket(held);
      this.#lose(held, `cannot open its socket: ${code}`, now);
      this.#side.emit({ kind: "socket failed", link: link.name, code });
    }
  }

  #closeSocket(held: PlaneLink): void {
    if (held.socket !== undefined) this.#plane.closeSocket(held.socket);
    held.socket = undefined;
    held.local = null;
  }

  #lose({ link }: PlaneLink, reason: string, now: Milliseconds): void {
    this.#tunnel.setUplink(link, { lost: reason }, now);
  }

  #report(event: HostEvent["event"]): void {
    switch (event.kind) {
      case "link changed": {
        const { smoothed } = event.link.roundTripTime;
        const { kind, reason } = event.state;
        this.#side.emit({ kind: event.kind, link: event.link.name, state: kind, reason, rttMs: smoothed ?? null });
        return;
      }
      case "agreed": {
        const { answer } = event;
        this.#facts = { ip4: text(answer.ip4), ip6: text(answer.ip6) };
        this.#side.emit({ kind: event.kind, link: event.link.name, answer });
        return;
      }
      case "mtu changed":
        this.#side.emit(event);
        return;
      case "decided":
        if (isLogged(event.decision)) this.#side.emit(event);
        return;
      case "restarted":
        this.#side.emit(event);
        return;
      case "link roamed":
        this.#side.emit({ kind: event.kind, link: event.link.name });
    }
  }

  #describe(): BundleFacts {
    const local = (link: MemberLink): string | null => this.#links.get(link.name)?.local ?? null;
    return { ...this.#facts, mtu: this.#mtu, local };
  }
}

/** Tells a link what its quota allows from now on. */
function text(inner: { readonly address: Uint8Array; readonly prefixLength: number } | undefined): string | null {
  return inner === undefined ? null : `${ipAddress(inner.address).text}/${inner.prefixLength}`;
}

const data: ClientPlaneData = workerData;
try {
  new ClientPlane(data, await createHandshakeCrypto()).run(data);
} catch (error) {
  if (!reportFailure(error)) throw error;
}
