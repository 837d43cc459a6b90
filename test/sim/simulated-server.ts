import { Bundles } from "../../server/bundles.ts";
import { parseIpPrefix } from "../../shared/config/values/ip-address.ts";
import { Responder } from "../../shared/protocol/responder.ts";
import type { SchedulerName } from "../../shared/protocol/scheduler/schedulers.ts";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import type { SecretKey } from "../../shared/protocol/session/key-id.ts";
import { milliseconds } from "../../shared/protocol/units.ts";
import { CLASSES, SERVER } from "./simulated-client.ts";
import { SimulatedEnd, type Transmit } from "./simulated-end.ts";

/** The server of a simulation. */
export type SimulatedServer = { readonly end: SimulatedEnd; readonly bundles: Bundles };

/** What the server of a simulation is made of. */
export type SimulatedServerOptions = {
  readonly crypto: HandshakeCrypto;
  readonly secret: SecretKey;
  readonly mrru: number;
  readonly scheduler: SchedulerName;
  readonly allowsClientToClient: boolean;
  readonly maxClients: number;
  readonly transmit: Transmit;
};

/** A server that knows one secret, which everybody has, and gives addresses out of 10.44.43.0/24. */
export function makeSimulatedServer(options: SimulatedServerOptions): SimulatedServer {
  const { crypto, secret, mrru, allowsClientToClient, maxClients, transmit } = options;
  const end = new SimulatedEnd([SERVER], crypto.random, transmit);
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
    allowsClientToClient,
    maxClients,
    mrru,
    classes: CLASSES,
    reorderWait: milliseconds(400),
    scheduler: options.scheduler,
    tunnelMtu: undefined,
    limitsFor: () => ({}),
  });
  const responder = new Responder({
    host: end.host,
    crypto,
    reception: bundles,
    ciphers: ["aes-256-gcm"],
    lineMtu: 1500,
    deadAfter: undefined,
    version: "sim",
  });
  end.host.setHandshakeReceiver(responder);
  return { end, bundles };
}
