import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Bundles, BundlesOptions } from "../../server/bundles.ts";
import { sharedState } from "../../server/worker-share.ts";
import { parseNetwork } from "../../shared/config/values/ip-address.ts";
import { clientNamed, EVERYBODY, establish, NOW, newBundles, offerOf, prefixOf } from "../support/server-bundles.ts";

describe("The bundles of one worker of several", () => {
  it("count the clients of other workers", () => {
    const [ours, theirs] = twoWorkers({ maxClients: 2 });
    establish(ours, "alice");
    const { tunnel } = establish(theirs, "bob");

    const whileThere = ours.admit(EVERYBODY, offerOf("carol"), NOW);
    theirs.handleEvent({ tunnel, event: { kind: "ended" } });
    const afterwards = ours.admit(EVERYBODY, offerOf("carol"), NOW);

    assert.equal(whileThere.kind === "refused" && whileThere.reason, "too-many-clients");
    assert.equal(afterwards.kind, "admitted");
  });

  it("tell when no address is left, for other workers to give back those of absent clients", () => {
    let shortages = 0;
    const [ours, theirs] = twoWorkers({ ip4: prefixOf("10.44.43.1/30"), onShortage: () => shortages++ });
    const { tunnel } = establish(theirs, "bob");
    theirs.handleEvent({ tunnel, event: { kind: "ended" } });

    const before = ours.admit(EVERYBODY, offerOf("alice"), NOW);
    const told = shortages;
    theirs.reclaimLeases();
    const afterwards = ours.admit(EVERYBODY, offerOf("alice"), NOW);

    assert.equal(before.kind === "refused" && before.reason, "address-taken");
    assert.equal(told, 1);
    assert.equal(afterwards.kind, "admitted");
  });

  it("have the packets for a client's networks led to their worker while its bundle is proved", () => {
    const led = new Set<string>();
    const textOf = (address: Uint8Array, length: number): string => `${address.join(".")}/${length}`;
    const steering = {
      set: (address: Uint8Array, length: number) => void led.add(textOf(address, length)),
      remove: (address: Uint8Array, length: number) => void led.delete(textOf(address, length)),
    };
    const network = parseNetwork("192.168.7.0/24");
    const client = clientNamed("alice", { routes: network === undefined ? [] : [network] });
    const bundles = newBundles({ clients: [client], steering });

    bundles.admit(EVERYBODY, offerOf("alice"), NOW);
    const unproved = [...led];
    establish(bundles, "alice");
    const { tunnel } = establish(bundles, "alice", 2);
    const proved = [...led];
    bundles.handleEvent({ tunnel, event: { kind: "ended" } });

    assert.deepEqual(unproved, []);
    assert.deepEqual(proved, ["10.44.43.2/32", "192.168.7.0/24"]);
    assert.equal(led.size, 0);
  });
});

/** The bundles of two workers of one server. */
function twoWorkers(options: Partial<BundlesOptions>): [Bundles, Bundles] {
  const state = sharedState({ ip4: options.ip4 ?? prefixOf("10.44.43.1/24"), ip6: undefined }, 2);
  const bundlesOf = (number: number): Bundles =>
    newBundles({ ...options, share: { ...state, place: { number, count: 2 }, steering: undefined } });
  return [bundlesOf(0), bundlesOf(1)];
}
