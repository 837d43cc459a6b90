import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LinkQuota } from "../../shared/protocol/link/quota.ts";
import { bytes } from "../../shared/protocol/units.ts";

describe("A link's quota", () => {
  it("is ok until its last byte is used", () => {
    const quota = new LinkQuota(bytes(1000), bytes(0));

    quota.count(999);
    assert.deepEqual(quota.state, { kind: "ok" });
    assert.equal(quota.remaining, 1);

    quota.count(1);
    assert.deepEqual(quota.state, { kind: "exhausted" });
    assert.equal(quota.remaining, 0);
  });

  it("tells once that it is exhausted, and once that it is renewed", () => {
    const quota = new LinkQuota(bytes(1000), bytes(0));
    assert.equal(quota.pollEvent(), undefined);

    quota.count(1500);
    assert.deepEqual(quota.pollEvent(), { kind: "exhausted" });
    quota.count(100);
    assert.equal(quota.pollEvent(), undefined);

    quota.setUsed(bytes(0));
    assert.deepEqual(quota.pollEvent(), { kind: "renewed" });
    assert.equal(quota.pollEvent(), undefined);
    assert.equal(quota.used, 0);
  });

  it("goes on from what was used before a restart", () => {
    const quota = new LinkQuota(bytes(1000), bytes(1000));

    assert.deepEqual(quota.pollEvent(), { kind: "exhausted" });
  });

  it("follows a limit that is raised or lowered within the period", () => {
    const quota = new LinkQuota(bytes(1000), bytes(600));

    quota.setLimit(bytes(500));
    assert.deepEqual(quota.pollEvent(), { kind: "exhausted" });

    quota.setLimit(bytes(2000));
    assert.deepEqual(quota.pollEvent(), { kind: "renewed" });
    assert.equal(quota.remaining, 1400);
  });

  it("tells nothing of what was over before it was asked", () => {
    const quota = new LinkQuota(bytes(1000), bytes(0));

    quota.count(2000);
    quota.setUsed(bytes(0));

    assert.equal(quota.pollEvent(), undefined);
  });
});
