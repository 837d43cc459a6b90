import { Initiator } from "../../shared/protocol/initiator.ts";
import { rateLimits } from "../../shared/protocol/link/configured-rate.ts";
import type { MemberLink } from "../../shared/protocol/link/member-link.ts";
import type { LinkFilter } from "../../shared/protocol/pinning/link-filters.ts";
import { createScheduler, type SchedulerName } from "../../shared/protocol/scheduler/schedulers.ts";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import type { SecretKey } from "../../shared/protocol/session/key-id.ts";
import { type LineTerms, PLAIN_LINE } from "../../shared/protocol/session/line-terms.ts";
import type { Tunnel } from "../../shared/protocol/tunnel.ts";
import {
  bytes,
  bytesPerSecond,
  type Milliseconds,
  milliseconds,
  seconds,
  UNLIMITED,
} from "../../shared/protocol/units.ts";
import type { LineOptions } from "../emulator/line-options.ts";
import { type Place, SimulatedEnd, type Transmit } from "./simulated-end.ts";

/** Where the server of every simulation is. */
export const SERVER: Place = { host: 9999, port: 5080 };

/** The classes of both ends. */
export const CLASSES = 8;

/** One simulated line: what it is like each way, and what the operator has configured. */
export type SimulatedLine = {
  readonly up: Partial<LineOptions>;
  readonly down: Partial<LineOptions>;
  /** The configured bandwidths in bytes per second; the line's own rates when absent. */
  readonly uploadRate?: number;
  readonly downloadRate?: number;
  /** What else is said of the line; nothing when absent. */
  readonly terms?: Partial<LineTerms>;
};

/** A client of a simulation: the end with one socket per line. */
export type SimulatedClient = {
  readonly end: SimulatedEnd;
  readonly tunnel: Tunnel;
  readonly links: readonly MemberLink[];
};

/** What a client of a simulation is made of; `places` are its addresses, one per line. */
export type SimulatedClientOptions = {
  readonly name: string;
  readonly crypto: HandshakeCrypto;
  readonly secret: SecretKey;
  readonly mrru: number;
  readonly scheduler: SchedulerName;
  readonly lines: readonly SimulatedLine[];
  readonly filters?: readonly LinkFilter[] | undefined;
  readonly places: readonly Place[];
  readonly transmit: Transmit;
  /** How many packets may wait in it; many when absent. */
  readonly cells?: number | undefined;
};

/** A client that dials on all its lines. */
export function makeSimulatedClient(options: SimulatedClientOptions, now: Milliseconds): SimulatedClient {
  const { name, crypto, secret, mrru, lines, places, transmit } = options;
  const end = new SimulatedEnd(places, crypto.random, transmit, options.cells);
  const tunnel = end.host.addTunnel({
    name,
    role: "initiator",
    scheduler: createScheduler(options.scheduler),
    mrru,
    classes: CLASSES,
    reorderWait: milliseconds(400),
    filter: undefined,
    filters: options.filters,
    endpointDiscriminator: Uint8Array.of(1, ...crypto.random(8)),
  });
  const initiator = new Initiator({
    host: end.host,
    tunnel,
    crypto,
    secret,
    clientName: name,
    ciphers: ["aes-256-gcm"],
    ip4: undefined,
    ip6: undefined,
    keepalive: seconds(5),
    deadAfter: undefined,
    version: "sim",
  });
  end.host.setHandshakeReceiver(initiator);
  const links = lines.map((line, index) => addLink(end, tunnel, initiator, line, index, now));
  end.settle(now);
  return { end, tunnel, links };
}

function addLink(
  end: SimulatedEnd,
  tunnel: Tunnel,
  initiator: Initiator,
  line: SimulatedLine,
  index: number,
  now: Milliseconds,
): MemberLink {
  const link = initiator.addLink(
    {
      name: `line${index}`,
      discriminator: index,
      sendLimits: rateLimits(bytesPerSecond(line.uploadRate ?? rateOf(line.up))),
      receiveLimits: rateLimits(bytesPerSecond(line.downloadRate ?? rateOf(line.down))),
      line: termsOf(line),
      mtu: bytes(1500),
    },
    now,
  );
  const outlet = end.outlets[index];
  if (outlet === undefined) throw new Error("a line has no socket");
  tunnel.setUplink(link, { outlet, peer: end.record(SERVER), detail: "simulated" }, now);
  end.host.touch(tunnel);
  return link;
}

/** All that is said of a line beside its rates. */
export function termsOf({ terms }: SimulatedLine): LineTerms {
  return { ...PLAIN_LINE, ...terms };
}

function rateOf({ rate }: Partial<LineOptions>): number {
  return typeof rate === "number" ? rate : UNLIMITED;
}
