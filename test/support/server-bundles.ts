import assert from "node:assert/strict";
import { type BundleClient, Bundles, type BundlesOptions, type SecretOwner } from "../../server/bundles.ts";
import { parseIpPrefix } from "../../shared/config/values/ip-address.ts";
import { rateLimits } from "../../shared/protocol/link/configured-rate.ts";
import type { Admission } from "../../shared/protocol/responder.ts";
import type { LinkOffer } from "../../shared/protocol/session/link-offer.ts";
import { bytesPerSecond, seconds } from "../../shared/protocol/units.ts";
import { RespondingEnd } from "./responding-end.ts";
import { PLAIN_OFFER } from "./session-handshake.ts";

/** When everything happens. */
export const NOW = seconds(1);
/** Who has the common secret. */
export const EVERYBODY: SecretOwner = { kind: "everybody" };

/** A client with a section in the server's file. */
export const clientNamed = (name: string, options: Partial<BundleClient> = {}): BundleClient => ({
  name,
  isEnabled: true,
  hasSecret: false,
  ip4: undefined,
  ip6: undefined,
  routes: [],
  ...options,
});

/** The offer of a client's link; `peer` tells its bundles apart. */
export const offerOf = (clientName: string | undefined, peer = 1, options: Partial<LinkOffer> = {}): LinkOffer => ({
  ...PLAIN_OFFER,
  clientName,
  endpointDiscriminator: Uint8Array.of(1, peer),
  ...options,
});

/** The bundles of a server over a host of their own. */
export function newBundles(options: Partial<BundlesOptions> = {}): Bundles {
  return new Bundles({
    host: new RespondingEnd().host,
    random: (length) => new Uint8Array(length).fill(1),
    secrets: [],
    clients: [],
    ip4: prefixOf("10.44.43.1/24"),
    ip6: undefined,
    dns: [],
    allowsClientToClient: false,
    maxClients: 10,
    mrru: 1500,
    classes: 8,
    reorderWait: seconds(1),
    scheduler: "weighted",
    tunnelMtu: undefined,
    limitsFor: () => ({}),
    ...options,
  });
}

/** The prefix that a text means. */
export function prefixOf(text: string) {
  const prefix = parseIpPrefix(text);
  if (prefix === undefined) throw new Error(`no prefix: ${text}`);
  return prefix;
}

/** The admission, which must be one. */
export function admitted(admission: Admission) {
  if (admission.kind !== "admitted") assert.fail(admission.text);
  return admission;
}

/** Lets a client in and its first link up. */
export function establish(bundles: Bundles, name: string, peer = 1) {
  const admission = admitted(bundles.admit(EVERYBODY, offerOf(name, peer), NOW));
  const { tunnel } = admission;
  const options = { interval: seconds(5), asksWhenIdle: false, deadAfter: undefined };
  const limits = rateLimits(bytesPerSecond(1_000_000));
  const { link } = tunnel.addLink(
    { name: "dsl", discriminator: 1, sendLimits: limits, receiveLimits: limits, mtu: 1500, keepalive: options },
    NOW,
  );
  const state = { kind: "up", reason: "test", since: NOW } as const;
  bundles.handleEvent({ tunnel, event: { kind: "link changed", link, state } });
  return admission;
}

/** Where a packet to an IPv4 address goes. */
export function routed(bundles: Bundles, destination: readonly number[]) {
  const packet = new Uint8Array(20);
  packet[0] = 0x45;
  packet.set(destination, 16);
  return bundles.route(packet, 0);
}
