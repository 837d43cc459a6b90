import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { RouteTable } from "../../shared/protocol/packet/route-table.ts";

type Route = { readonly address: Uint8Array; readonly length: number; readonly value: string };

/** The routes in a list, searched one by one and bit by bit. */
class RouteList {
  #routes: Route[] = [];

  add(route: Route): void {
    this.remove(route);
    this.#routes.push(route);
  }

  remove({ address, length }: Pick<Route, "address" | "length">): boolean {
    const before = this.#routes.length;
    this.#routes = this.#routes.filter(
      (route) => !(route.length === length && route.address.length === address.length && hasPrefix(address, route)),
    );
    return this.#routes.length < before;
  }

  removeValue(value: string): number {
    const before = this.#routes.length;
    this.#routes = this.#routes.filter((route) => route.value !== value);
    return before - this.#routes.length;
  }

  lookup(address: Uint8Array): string | undefined {
    const matching = this.#routes.filter((route) => hasPrefix(address, route));
    return matching.sort((a, b) => b.length - a.length)[0]?.value;
  }

  get size(): number {
    return this.#routes.length;
  }
}

// Few different bytes, so that prefixes overlap.
const anyByte = fc.constantFrom(0, 1, 128, 255);
const address4 = fc.array(anyByte, { minLength: 4, maxLength: 4 });
const address6 = fc.array(anyByte, { minLength: 16, maxLength: 16 });
const anyAddress = fc.oneof(address4, address6).map((bytes) => Uint8Array.from(bytes));
const anyPrefix = fc
  .tuple(anyAddress, fc.integer({ min: 0, max: 128 }))
  .map(([address, length]) => ({ address, length: address.length === 4 ? length % 33 : length }));
const anyValue = fc.constantFrom("alice", "bob", "carol", "dave");
const anyAction = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("add" as const), prefix: anyPrefix, value: anyValue }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("remove" as const), prefix: anyPrefix }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("removeValue" as const), value: anyValue }) },
);

describe("A route table, whatever is added and removed,", () => {
  it("answers as a list that is searched bit by bit", () => {
    fc.assert(
      fc.property(fc.array(anyAction, { maxLength: 150 }), fc.array(anyAddress), (actions, addresses) => {
        const table = new RouteTable<string>();
        const list = new RouteList();
        const added: Pick<Route, "address" | "length">[] = [];
        for (const [index, action] of actions.entries()) {
          if (action.kind === "add") {
            table.add(action.prefix.address, action.prefix.length, action.value);
            list.add({ ...action.prefix, value: action.value });
            added.push(action.prefix);
          } else if (action.kind === "remove") {
            const prefix = added[index % (added.length + 1)] ?? action.prefix;
            assert.equal(table.remove(prefix.address, prefix.length), list.remove(prefix));
          } else {
            assert.equal(table.removeValue(action.value), list.removeValue(action.value));
          }
          assert.equal(table.size, list.size);
        }

        for (const address of [...addresses, ...added.map((prefix) => prefix.address)]) {
          assert.equal(find(table, address), list.lookup(address));
        }
      }),
      { numRuns: 300 },
    );
  });
});

function hasPrefix(address: Uint8Array, route: Pick<Route, "address" | "length">): boolean {
  const bits = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
  if (address.length !== route.address.length) return false;
  return bits(address).slice(0, route.length) === bits(route.address).slice(0, route.length);
}

function find(table: RouteTable<string>, address: Uint8Array): string | undefined {
  return address.length === 4 ? table.lookup4(address, 0) : table.lookup6(address, 0);
}
