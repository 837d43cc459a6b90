import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { milliseconds, seconds } from "../../shared/protocol/units.ts";
import { QuotaStore, quotaPath } from "../../shared/runtime/quota-store.ts";

const WRITE_EVERY = seconds(60);

describe("A store of quotas", () => {
  let directory: string;
  let path: string;
  let number = 0;
  let today = "";
  const warnings: string[] = [];

  before(() => {
    directory = mkdtempSync(join(tmpdir(), "hawser-quota-"));
  });

  beforeEach(() => {
    path = quotaPath(join(directory, `state${++number}`), "hawser0");
    today = "2027-05-20";
    warnings.length = 0;
  });

  after(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  function open(): Promise<QuotaStore> {
    return QuotaStore.open({
      path,
      writeEvery: WRITE_EVERY,
      today: () => today,
      warn: (message) => warnings.push(message),
    });
  }

  it("goes on after a restart, in a file that only its owner may read", async () => {
    const store = await open();
    store.add("lte", 1000);
    store.add("dsl", 5);
    store.add("lte", 234);
    await store.save();

    const again = await open();

    assert.equal(again.used("lte", 1), 1234);
    assert.equal(again.used("dsl", 1), 5);
    assert.equal(again.used("other", 1), 0);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(join(path, "..")), ["hawser0.quota.json"]);
    assert.deepEqual(warnings, []);
  });

  it("starts anew with the period", async () => {
    const store = await open();
    store.add("lte", 1000);
    today = "2027-06-01";

    assert.equal(store.used("lte", 1), 0);
    assert.equal(store.used("lte", 15), 1000);
  });

  it("writes at most as often as it is told, and nothing when nothing changed", async () => {
    const store = await open();
    store.add("lte", 1);
    await store.saveIfDue(milliseconds(1000));
    assert.equal((await open()).used("lte", 1), 1);

    store.add("lte", 1);
    await store.saveIfDue(milliseconds(60_999));
    assert.equal((await open()).used("lte", 1), 1);
    await store.saveIfDue(milliseconds(61_000));
    assert.equal((await open()).used("lte", 1), 2);

    rmSync(path);
    await store.saveIfDue(milliseconds(500_000));
    await store.save();
    assert.equal((await open()).used("lte", 1), 0);
  });

  it("writes at the end what is not written yet, also behind a write that is under way", async () => {
    const store = await open();
    store.add("lte", 1);
    const first = store.saveIfDue(milliseconds(0));
    store.add("lte", 1);
    await Promise.all([first, store.save()]);

    assert.equal((await open()).used("lte", 1), 2);
  });

  for (const [what, content] of [
    ["is empty", ""],
    ["was cut off", '{"hawser":1,"links":{"lte":{"2027-05'],
    ["is of another version", '{"hawser":2,"links":{}}'],
    ["has a day that does not exist", '{"hawser":1,"links":{"lte":{"2027-02-30":5}}}'],
    ["has bytes below zero", '{"hawser":1,"links":{"lte":{"2027-05-20":-5}}}'],
    ["has bytes that are no number", '{"hawser":1,"links":{"lte":{"2027-05-20":"5"}}}'],
    ["is binary", "\u0000\u0001\ufffd"],
  ] as const) {
    it(`warns and starts from zero when its file ${what}`, async () => {
      mkdirSync(join(path, ".."), { recursive: true });
      writeFileSync(path, content);

      const store = await open();

      assert.equal(store.used("lte", 1), 0);
      assert.equal(warnings.length, 1);
      assert.match(warnings[0] ?? "", /^quotas are counted from zero: .*hawser0\.quota\.json is damaged: /);
      store.add("lte", 7);
      await store.save();
      assert.equal((await open()).used("lte", 1), 7);
    });
  }

  it("warns once while it cannot be written, and is written when it can", async () => {
    const folder = join(path, "..");
    writeFileSync(folder, "in the way");
    const store = await open();
    store.add("lte", 1);

    await store.save();
    await store.save();
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", /^quotas are not saved: /);
    rmSync(folder);
    await store.save();

    assert.equal((await open()).used("lte", 1), 1);
    assert.match(readFileSync(path, "utf8"), /"2027-05-20": 1/);
  });
});
