import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseAddress, parsePrefix } from "../../shared/protocol/packet/address-text.ts";
import { RouteTable } from "../../shared/protocol/packet/route-table.ts";

describe("A route table", () => {
  it("knows nothing at first", () => {
    const table = new RouteTable<string>();

    assert.equal(find(table, "10.0.0.1"), undefined);
    assert.equal(find(table, "::1"), undefined);
    assert.equal(table.size, 0);
  });

  it("finds the longest prefix of an IPv4 address", () => {
    const table = tableOf({
      "0.0.0.0/0": "all",
      "10.0.0.0/8": "net",
      "10.1.0.0/16": "office",
      "10.1.2.3/32": "alice",
    });

    assert.equal(find(table, "10.1.2.3"), "alice");
    assert.equal(find(table, "10.1.2.4"), "office");
    assert.equal(find(table, "10.200.0.1"), "net");
    assert.equal(find(table, "192.0.2.1"), "all");
    assert.equal(find(table, "::1"), undefined);
  });

  it("finds the longest prefix of an IPv6 address", () => {
    const table = tableOf({
      "::/0": "all",
      "2001:db8::/32": "net",
      "2001:db8:0:1::/64": "home",
      "2001:db8::7/128": "bob",
      "2001:db8:8000::/33": "half",
    });

    assert.equal(find(table, "2001:db8::7"), "bob");
    assert.equal(find(table, "2001:db8:0:1:ffff::"), "home");
    assert.equal(find(table, "2001:db8:8001::"), "half");
    assert.equal(find(table, "2001:db8::8"), "net");
    assert.equal(find(table, "fe80::1"), "all");
    assert.equal(find(table, "10.0.0.1"), undefined);
  });

  it("takes the first bits of an address and ignores the rest", () => {
    const table = tableOf({ "10.1.2.3/8": "net", "2001:db8::1/32": "net6" });

    assert.equal(find(table, "10.9.9.9"), "net");
    assert.equal(find(table, "2001:db8::2"), "net6");
  });

  it("replaces the value of a prefix", () => {
    const table = tableOf({ "10.0.0.0/8": "old" });

    add(table, "10.0.0.0/8", "new");

    assert.equal(find(table, "10.0.0.1"), "new");
    assert.equal(table.size, 1);
  });

  it("removes one prefix", () => {
    const table = tableOf({ "10.0.0.0/8": "net", "10.0.0.1/32": "alice" });

    assert.equal(remove(table, "10.0.0.1/32"), true);
    assert.equal(remove(table, "10.0.0.1/32"), false);
    assert.equal(remove(table, "10.0.0.0/9"), false);

    assert.equal(find(table, "10.0.0.1"), "net");
  });

  it("removes all prefixes of a value", () => {
    const table = tableOf({
      "10.0.0.1/32": "alice",
      "192.168.7.0/24": "alice",
      "fd00::1/128": "alice",
      "10.0.0.2/32": "bob",
    });

    assert.equal(table.removeValue("alice"), 3);
    assert.equal(table.removeValue("alice"), 0);

    assert.equal(find(table, "192.168.7.1"), undefined);
    assert.equal(find(table, "fd00::1"), undefined);
    assert.equal(find(table, "10.0.0.2"), "bob");
    assert.equal(table.size, 1);
  });

  it("looks the source and the destination of a packet up", () => {
    const table = tableOf({
      "10.0.0.1/32": "alice",
      "10.0.0.2/32": "bob",
      "fd00::1/128": "alice6",
      "fd00::2/128": "bob6",
    });
    const packet4 = Uint8Array.of(0, 0, 0x45, ...Array.from({ length: 11 }, () => 0), 10, 0, 0, 1, 10, 0, 0, 2);
    const header6 = Uint8Array.of(0x60, 0, 0, 0, 0, 0, 0, 0);
    const packet6 = Uint8Array.of(...header6, ...address("fd00::1"), ...address("fd00::2"));

    assert.equal(table.lookup(packet4, 2, "source"), "alice");
    assert.equal(table.lookup(packet4, 2, "destination"), "bob");
    assert.equal(table.lookup(packet6, 0, "source"), "alice6");
    assert.equal(table.lookup(packet6, 0, "destination"), "bob6");
    assert.equal(table.lookup(new Uint8Array(40), 0, "source"), undefined);
  });

  it("holds thousands of clients", () => {
    const table = new RouteTable<number>();
    for (let client = 1; client <= 20_000; client++) {
      table.add(Uint8Array.of(10, client >> 16, client >> 8, client), 32, client);
      table.add(
        Uint8Array.of(0xfd, ...Array.from({ length: 12 }, () => 0), client >> 16, client >> 8, client),
        128,
        client,
      );
    }

    for (let client = 1; client <= 20_000; client += 2) {
      table.remove(Uint8Array.of(10, client >> 16, client >> 8, client), 32);
    }

    assert.equal(table.size, 30_000);
    for (let client = 1; client <= 20_000; client++) {
      const bytes = Uint8Array.of(0xfd, ...Array.from({ length: 12 }, () => 0), client >> 16, client >> 8, client);
      assert.equal(table.lookup6(bytes, 0), client);
      bytes[12] = 10;
      assert.equal(table.lookup4(bytes, 12), client % 2 === 0 ? client : undefined);
    }
  });

  it("refuses what is no prefix", () => {
    const table = new RouteTable<string>();

    assert.throws(() => table.add(new Uint8Array(5), 1, "x"), RangeError);
    assert.throws(() => table.add(new Uint8Array(4), 33, "x"), RangeError);
    assert.throws(() => table.remove(new Uint8Array(16), -1), RangeError);
  });
});

function tableOf(routes: Record<string, string>): RouteTable<string> {
  const table = new RouteTable<string>();
  for (const [prefix, value] of Object.entries(routes)) add(table, prefix, value);
  return table;
}

function add(table: RouteTable<string>, text: string, value: string): void {
  const { address: bytes, length } = prefixOf(text);
  table.add(bytes, length, value);
}

function remove(table: RouteTable<string>, text: string): boolean {
  const { address: bytes, length } = prefixOf(text);
  return table.remove(bytes, length);
}

function find(table: RouteTable<string>, text: string): string | undefined {
  const bytes = address(text);
  return bytes.length === 4 ? table.lookup4(bytes, 0) : table.lookup6(bytes, 0);
}

function address(text: string): Uint8Array {
  return parseAddress(text) ?? assert.fail(text);
}

function prefixOf(text: string): { address: Uint8Array; length: number } {
  return parsePrefix(text) ?? assert.fail(text);
}
