import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DROP, DROP_REASONS, DropCounters } from "../../shared/protocol/drop-reason.ts";

describe("The drop reasons", () => {
  it("have the code of each name as its index", () => {
    const names = Object.entries(DROP).map(([name, code]) => [code, kebabCase(name)]);

    assert.deepEqual(
      names,
      [...DROP_REASONS.entries()].map(([code, name]) => [code, name]),
    );
  });
});

describe("Drop counters", () => {
  it("count every reason by itself", () => {
    const counters = new DropCounters();

    counters.count(DROP.replayed);
    counters.count(DROP.replayed, 2);
    counters.count(DROP.handshakeLimit, 5);

    assert.equal(counters.get(DROP.replayed), 3);
    assert.equal(counters.get("replayed"), 3);
    assert.equal(counters.get("handshake-limit"), 5);
    assert.equal(counters.get("too-short"), 0);
    assert.equal(counters.total, 8);
  });

  it("leave reasons that never happened out of the snapshot", () => {
    const counters = new DropCounters();
    counters.count(DROP.noRoute);

    assert.deepEqual(counters.snapshot(), { "no-route": 1 });
    assert.equal(JSON.stringify(counters), '{"no-route":1}');
  });

  it("do not wrap at 2^32", () => {
    const counters = new DropCounters();

    counters.count(DROP.tooShort, 2 ** 32);
    counters.count(DROP.tooShort);

    assert.equal(counters.get("too-short"), 2 ** 32 + 1);
  });
});

function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
