import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { LinkLimits } from "../../server/link-rates.ts";
import { parseIpAddress, parseIpPrefix, parseNetwork } from "../../shared/config/values/ip-address.ts";
import { rateLimits } from "../../shared/protocol/link/configured-rate.ts";
import type { HandshakeCrypto } from "../../shared/protocol/session/handshake-crypto.ts";
import { keyIdText, secretKeyOf } from "../../shared/protocol/session/key-id.ts";
import { bytesPerSecond } from "../../shared/protocol/units.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { RespondingEnd } from "../support/responding-end.ts";
import {
  admitted,
  clientNamed,
  EVERYBODY,
  establish,
  NOW,
  newBundles,
  offerOf,
  prefixOf,
  routed,
} from "../support/server-bundles.ts";

describe("The bundles of a server", () => {
  let crypto: HandshakeCrypto;

  before(async () => {
    crypto = await createHandshakeCrypto();
  });

  it("find whose secret a key id is", () => {
    const secret = secretKeyOf(crypto, new Uint8Array(32).fill(7));
    const bundles = newBundles({ secrets: [{ secret, owner: EVERYBODY }] });

    assert.equal(bundles.find(keyIdText(secret.keyId))?.owner, EVERYBODY);
    assert.equal(bundles.find("00"), undefined);
  });

  it("let links with the same name and endpoint discriminator into one bundle (RFC 1990 §5.1.3)", () => {
    const bundles = newBundles();

    const [first, second, other, restarted] = [
      admitted(bundles.admit(EVERYBODY, offerOf("alice"), NOW)),
      admitted(bundles.admit(EVERYBODY, offerOf("alice"), NOW)),
      admitted(bundles.admit(EVERYBODY, offerOf("bob"), NOW)),
      admitted(bundles.admit(EVERYBODY, offerOf("alice", 2), NOW)),
    ];

    assert.equal(first.tunnel, second.tunnel);
    assert.notEqual(first.tunnel, other.tunnel);
    assert.notEqual(first.tunnel, restarted.tunnel);
  });

  it("give a client its address, and the same again after a restart", () => {
    const bundles = newBundles();

    const first = admitted(bundles.admit(EVERYBODY, offerOf("alice"), NOW)).terms;
    const other = admitted(bundles.admit(EVERYBODY, offerOf("bob"), NOW)).terms;
    const again = admitted(bundles.admit(EVERYBODY, offerOf("alice", 2), NOW)).terms;

    assert.deepEqual([...(first.ip4?.address ?? [])], [10, 44, 43, 2]);
    assert.deepEqual([...(other.ip4?.address ?? [])], [10, 44, 43, 3]);
    assert.deepEqual(again.ip4, first.ip4);
    assert.deepEqual([...(first.serverIp4 ?? [])], [10, 44, 43, 1]);
    assert.equal(first.ip6, undefined);
  });

  it("give IPv6 addresses where there is a pool of them", () => {
    const ip6 = parseIpPrefix("fd00::1/64");
    const bundles = newBundles({ ip6 });

    const { terms } = admitted(bundles.admit(EVERYBODY, offerOf("alice"), NOW));

    assert.equal(terms.ip6?.address.at(-1), 2);
    assert.equal(terms.ip6?.prefixLength, 64);
  });

  it("give the operator's rates for a link", () => {
    const limits: LinkLimits = { sendLimits: rateLimits(bytesPerSecond(1000)), receiveLimits: { kind: "auto" } };
    const bundles = newBundles({
      limitsFor: (client, offer) => (`${client} ${offer.linkName}` === "alice dsl1" ? limits : {}),
    });

    const admission = admitted(bundles.admit(EVERYBODY, offerOf("alice"), NOW));

    const { sendLimits, receiveLimits } = admission;
    assert.deepEqual({ sendLimits, receiveLimits }, limits);
  });

  for (const [why, owner, name, reason] of [
    ["a client that does not say its name", EVERYBODY, undefined, "client-unknown"],
    ["a name that has a password of its own", EVERYBODY, "carol", "client-unknown"],
    ["a client that is not enabled", EVERYBODY, "dave", "client-disabled"],
  ] as const) {
    it(`refuse ${why}`, () => {
      const carol = clientNamed("carol", { hasSecret: true });
      const bundles = newBundles({ clients: [carol, clientNamed("dave", { isEnabled: false })] });

      const admission = bundles.admit(owner, offerOf(name), NOW);

      assert.equal(admission.kind === "refused" && admission.reason, reason);
    });
  }

  it("let a client in by its own secret, under its name there, whatever it says", () => {
    const client = clientNamed("erin", { ip4: parseIpAddress("10.44.43.77") });
    const bundles = newBundles({ clients: [client] });

    const { terms } = admitted(bundles.admit({ kind: "client", name: "erin" }, offerOf("alice"), NOW));

    assert.deepEqual([...(terms.ip4?.address ?? [])], [10, 44, 43, 77]);
  });

  it("let the oldest of a client's unproven bundles go when there are many", () => {
    const host = new RespondingEnd().host;
    const bundles = newBundles({ host });
    const before = host.tunnels.size;

    const tunnels = Array.from({ length: 40 }, (_, peer) => {
      return admitted(bundles.admit(EVERYBODY, offerOf("alice", peer), NOW)).tunnel;
    });

    assert.equal(host.tunnels.size - before, 16);
    assert.deepEqual(tunnels.map((tunnel) => host.tunnels.has(tunnel)).indexOf(true), 24);
  });

  it("refuse further clients when the server is full, and let those in that are there", () => {
    const bundles = newBundles({ maxClients: 1 });
    establish(bundles, "alice");

    const other = bundles.admit(EVERYBODY, offerOf("bob"), NOW);

    assert.equal(other.kind === "refused" && other.reason, "too-many-clients");
    assert.equal(bundles.admit(EVERYBODY, offerOf("alice", 2), NOW).kind, "admitted");
  });

  it("refuse when no address is left, and take those of absent clients back before", () => {
    const bundles = newBundles({ ip4: prefixOf("10.44.43.1/30") });
    const { tunnel } = establish(bundles, "alice");

    const whileThere = bundles.admit(EVERYBODY, offerOf("bob"), NOW);
    bundles.handleEvent({ tunnel, event: { kind: "ended" } });
    const afterwards = bundles.admit(EVERYBODY, offerOf("bob"), NOW);

    assert.equal(whileThere.kind === "refused" && whileThere.reason, "address-taken");
    assert.equal(afterwards.kind, "admitted");
  });

  it("route to a client once it is proved: its address, and the networks behind it", () => {
    const network = parseNetwork("192.168.7.0/24");
    const client = clientNamed("alice", { routes: network === undefined ? [] : [network] });
    const bundles = newBundles({ clients: [client] });
    const { tunnel } = admitted(bundles.admit(EVERYBODY, offerOf("alice"), NOW));

    const before = routed(bundles, [10, 44, 43, 2]);
    const bundle = establish(bundles, "alice");

    assert.equal(before, undefined);
    assert.equal(bundle.tunnel, tunnel);
    assert.equal(routed(bundles, [10, 44, 43, 2]), tunnel);
    assert.equal(routed(bundles, [192, 168, 7, 9]), tunnel);
    assert.equal(routed(bundles, [192, 168, 8, 9]), undefined);
  });

  it("replace a client's bundle by its next one only when that is proved", () => {
    const bundles = newBundles();
    const old = establish(bundles, "alice");
    bundles.admit(EVERYBODY, offerOf("alice", 2), NOW);
    const before = routed(bundles, [10, 44, 43, 2]);

    const next = establish(bundles, "alice", 2);

    assert.equal(before, old.tunnel);
    assert.equal(routed(bundles, [10, 44, 43, 2]), next.tunnel);
    assert.deepEqual(
      bundles.established().map(({ tunnel }) => tunnel),
      [next.tunnel],
    );
    assert.equal(bundles.get(old.tunnel), undefined);
  });
});
