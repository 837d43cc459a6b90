import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AddressPool, leaseTable } from "../../server/address-pool.ts";
import { PacketPolicy } from "../../server/packet-policy.ts";
import { parseIpAddress, parseIpPrefix } from "../../shared/config/values/ip-address.ts";
import { DROP } from "../../shared/protocol/drop-reason.ts";
import { RouteTable } from "../../shared/protocol/packet/route-table.ts";
import { ip4Packet } from "../support/ip-packets.ts";

describe("A pool of tunnel addresses", () => {
  it("leases the first that is free, and never the server's own or a fixed one", () => {
    const pool = poolOf("10.0.0.1/29", ["10.0.0.3"]);

    assert.deepEqual(
      ["a", "b", "c"].map((name) => lease(pool, name)),
      ["10.0.0.2", "10.0.0.4", "10.0.0.5"],
    );
  });

  it("leases a client the one that it had", () => {
    const pool = poolOf("10.0.0.1/24");
    lease(pool, "a");
    lease(pool, "b");

    assert.equal(lease(pool, "a"), "10.0.0.2");
  });

  it("leases the fixed one to a client that has one", () => {
    const pool = poolOf("10.0.0.1/24", ["10.0.0.9"]);

    assert.equal(pool.lease("a", parseIpAddress("10.0.0.9"), undefined)?.text, "10.0.0.9");
  });

  it("leases the one that a client wishes for, where it is free and in the network", () => {
    const pool = poolOf("10.0.0.1/24", ["10.0.0.9"]);

    const leased = ["10.0.0.77", "10.0.0.77", "10.0.0.9", "10.0.0.1", "10.0.1.5", "10.0.0.0", "10.0.0.255"].map(
      (wish, index) => pool.lease(`client${index}`, undefined, parseIpAddress(wish)?.bytes)?.text,
    );

    assert.deepEqual(leased, ["10.0.0.77", ...[2, 3, 4, 5, 6, 7].map((last) => `10.0.0.${last}`)]);
  });

  it("is full when all are leased, and has those of absent clients again", () => {
    const pool = poolOf("10.0.0.1/30");
    lease(pool, "a");

    const [isFull, other] = [pool.isFull, lease(pool, "b")];
    pool.releaseAllBut(new Set(["b"]));

    assert.deepEqual([isFull, other, lease(pool, "b")], [true, undefined, "10.0.0.2"]);
  });

  it("shares its network with the pools of other workers, to the last address", () => {
    const prefix = prefixOf("10.0.0.1/29");
    const leases = leaseTable(prefix);
    const [ours, theirs] = [new AddressPool(prefix, [], leases), new AddressPool(prefix, [], leases)];

    const leased = ["a", "b", "c", "d", "e"].map((name, index) => lease(index % 2 === 0 ? ours : theirs, name));
    const isFull = [ours.isFull, theirs.isFull];
    const refused = lease(theirs, "f");
    ours.releaseAllBut(new Set(["a"]));

    assert.deepEqual(
      leased,
      [2, 3, 4, 5, 6].map((last) => `10.0.0.${last}`),
    );
    assert.deepEqual([isFull, refused], [[true, true], undefined]);
    assert.deepEqual([lease(theirs, "f"), theirs.isFull, lease(ours, "a")], ["10.0.0.4", false, "10.0.0.2"]);
  });

  it("has no address in a network of one or two", () => {
    for (const prefix of ["10.0.0.1/31", "10.0.0.1/32"]) assert.equal(lease(poolOf(prefix), "a"), undefined);
  });

  it("leases IPv6 addresses as well, also wished ones", () => {
    const pool = poolOf("fd00::1/64");

    assert.equal(lease(pool, "a"), "fd00::2");
    assert.equal(pool.lease("b", undefined, parseIpAddress("fd00::beef")?.bytes)?.text, "fd00::beef");
    assert.equal(pool.lease("c", undefined, parseIpAddress("10.0.0.5")?.bytes)?.text, "fd00::3");
  });
});

describe("What may come from a client", () => {
  const [alice, bob] = [{ name: "alice" }, { name: "bob" }];
  const routes = new RouteTable<{ readonly name: string }>();
  routes.add(Uint8Array.of(10, 0, 0, 2), 32, alice);
  routes.add(Uint8Array.of(192, 168, 7, 0), 24, alice);
  routes.add(Uint8Array.of(10, 0, 0, 3), 32, bob);
  const own = new RouteTable<true>();
  own.add(Uint8Array.of(10, 0, 0, 2), 32, true);
  own.add(Uint8Array.of(192, 168, 7, 0), 24, true);

  for (const [what, source, destination, isOpen, expected] of [
    ["its own address to the internet", [10, 0, 0, 2], [9, 9, 9, 9], false, undefined],
    ["a network behind it to the internet", [192, 168, 7, 5], [9, 9, 9, 9], false, undefined],
    ["another client's address", [10, 0, 0, 3], [9, 9, 9, 9], true, DROP.foreignSource],
    ["an address that nobody has", [172, 16, 0, 1], [9, 9, 9, 9], true, DROP.foreignSource],
    ["its own address to another client", [10, 0, 0, 2], [10, 0, 0, 3], false, DROP.clientToClient],
    ["its own address to another client, where that is allowed", [10, 0, 0, 2], [10, 0, 0, 3], true, undefined],
    ["its own address to itself", [10, 0, 0, 2], [192, 168, 7, 1], false, undefined],
  ] as const) {
    it(`is decided for a packet from ${what}`, () => {
      const policy = new PacketPolicy({ own, routes, bundle: () => alice, allowsClients: isOpen });

      const refusal = policy.refuse(ip4Packet({ source, destination, size: 60, serial: 1 }), 0);

      assert.equal(refusal, expected);
    });
  }

  it("is decided by both addresses of each packet, and anew once an address belongs to another client", () => {
    const changing = new RouteTable<{ readonly name: string }>();
    const policy = new PacketPolicy({ own, routes: changing, bundle: () => alice, allowsClients: false });
    const refuse = (source: readonly number[], destination: readonly number[]) =>
      policy.refuse(ip4Packet({ source, destination, size: 60, serial: 1 }), 0);

    const before = [
      refuse([10, 0, 0, 2], [10, 0, 0, 3]),
      refuse([10, 0, 0, 2], [10, 0, 0, 3]),
      refuse([10, 0, 0, 3], [10, 0, 0, 3]),
    ];
    changing.add(Uint8Array.of(10, 0, 0, 3), 32, bob);
    const after = [refuse([10, 0, 0, 2], [10, 0, 0, 3]), refuse([10, 0, 0, 2], [10, 0, 0, 4])];
    changing.removeValue(bob);

    assert.deepEqual(before, [undefined, undefined, DROP.foreignSource]);
    assert.deepEqual(after, [DROP.clientToClient, undefined]);
    assert.equal(refuse([10, 0, 0, 2], [10, 0, 0, 3]), undefined);
  });
});

function poolOf(prefix: string, fixed: readonly string[] = []): AddressPool {
  return new AddressPool(
    prefixOf(prefix),
    fixed.flatMap((text) => parseIpAddress(text) ?? []),
  );
}

function prefixOf(text: string) {
  const prefix = parseIpPrefix(text);
  if (prefix === undefined) throw new Error(`no prefix: ${text}`);
  return prefix;
}

function lease(pool: AddressPool, name: string): string | undefined {
  return pool.lease(name, undefined, undefined)?.text;
}
