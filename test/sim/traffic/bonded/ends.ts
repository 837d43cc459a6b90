import { Bundles } from "../../../../server/bundles.ts";
import { parseIpPrefix } from "../../../../shared/config/values/ip-address.ts";
import { Initiator } from "../../../../shared/protocol/initiator.ts";
import { rateLimits } from "../../../../shared/protocol/link/configured-rate.ts";
import type { Outlet } from "../../../../shared/protocol/link/outlet.ts";
import { Responder } from "../../../../shared/protocol/responder.ts";
import type { Scheduler } from "../../../../shared/protocol/scheduler/scheduler.ts";
import type { HandshakeCrypto } from "../../../../shared/protocol/session/handshake-crypto.ts";
import type { SecretKey } from "../../../../shared/protocol/session/key-id.ts";
import type { Tunnel } from "../../../../shared/protocol/tunnel.ts";
import { bytes, bytesPerSecond, type Milliseconds, seconds } from "../../../../shared/protocol/units.ts";
import { type DeliveryTrace, traceRate } from "../../../emulator/delivery-trace.ts";
import type { LineOptions } from "../../../emulator/line-options.ts";
import { CLASSES, type SimulatedLine, termsOf } from "../../simulated-client.ts";
import type { FastEnd } from "./fast-end.ts";

const MRRU = 1500;
const LINE_MTU = 1500;
const REORDER_WAIT = seconds(1);
const CLIENT_NAME = "client0";

// Faster than any line of a simulation.
const NO_LIMIT = 1e9;

/** What both ends know. */
export type EndsOptions = {
  readonly crypto: HandshakeCrypto;
  readonly secret: SecretKey;
  readonly lines: readonly SimulatedLine[];
  /** The client's scheduler; the server makes its own as it does in the daemon. */
  readonly scheduler: Scheduler;
};

/** An end that becomes a client or a server: its host, and where it sends. */
export type BareEnd = Pick<FastEnd, "host" | "record" | "touch"> & { readonly outlets: readonly Outlet[] };

/** Lets an end be a client that dials on all its lines, one socket for each. */
export function becomeClient(end: BareEnd, options: EndsOptions, now: Milliseconds): Tunnel {
  const { crypto, secret, scheduler } = options;
  const tunnel = end.host.addTunnel({
    name: CLIENT_NAME,
    role: "initiator",
    scheduler,
    mrru: MRRU,
    classes: CLASSES,
    reorderWait: REORDER_WAIT,
    filter: undefined,
    endpointDiscriminator: Uint8Array.of(1, ...crypto.random(8)),
  });
  const initiator = new Initiator({
    host: end.host,
    tunnel,
    crypto,
    secret,
    clientName: CLIENT_NAME,
    ciphers: ["aes-256-gcm"],
    ip4: undefined,
    ip6: undefined,
    keepalive: seconds(5),
    deadAfter: undefined,
    version: "sim",
  });
  end.host.setHandshakeReceiver(initiator);
  for (const [index, line] of options.lines.entries()) {
    const sendLimits = rateLimits(bytesPerSecond(line.uploadRate ?? rateOf(line.up)));
    const receiveLimits = rateLimits(bytesPerSecond(line.downloadRate ?? rateOf(line.down)));
    const mtu = bytes(LINE_MTU);
    const told = { name: `line${index}`, discriminator: index, sendLimits, receiveLimits, line: termsOf(line), mtu };
    const link = initiator.addLink(told, now);
    const outlet = end.outlets[index];
    if (outlet === undefined) throw new Error("a line has no socket");
    tunnel.setUplink(link, { outlet, peer: end.record(0), detail: "simulated" }, now);
  }
  end.host.touch(tunnel);
  end.touch();
  return tunnel;
}

/** Lets an end be a server that knows one secret and gives addresses out of 10.44.43.0/24. */
export function becomeServer(end: Pick<BareEnd, "host">, { crypto, secret }: EndsOptions): Bundles {
  const ip4 = parseIpPrefix("10.44.43.1/24");
  if (ip4 === undefined) throw new Error("the pool's prefix is wrong");
  const bundles = new Bundles({
    host: end.host,
    random: crypto.random,
    secrets: [{ secret, owner: { kind: "everybody" } }],
    clients: [],
    ip4,
    ip6: undefined,
    dns: [],
    allowsClientToClient: false,
    maxClients: 1,
    mrru: MRRU,
    classes: CLASSES,
    reorderWait: REORDER_WAIT,
    scheduler: "earliest-arrival",
    tunnelMtu: undefined,
    limitsFor: () => ({}),
  });
  const responder = new Responder({
    host: end.host,
    crypto,
    reception: bundles,
    ciphers: ["aes-256-gcm"],
    lineMtu: LINE_MTU,
    deadAfter: undefined,
    version: "sim",
  });
  end.host.setHandshakeReceiver(responder);
  return bundles;
}

/** A line's mean rate, in bytes per second. */
export function rateOf({ rate = bytesPerSecond(NO_LIMIT) }: Partial<LineOptions>): number {
  return isTrace(rate) ? traceRate(rate) : rate;
}

function isTrace(rate: LineOptions["rate"]): rate is DeliveryTrace {
  return typeof rate !== "number";
}
