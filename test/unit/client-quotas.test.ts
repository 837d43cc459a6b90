import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import type { QuotaConfig } from "../../client/client-config.ts";
import { QuotaWatch } from "../../client/quota-watch.ts";
import { type LinkCounters, type QuotaNews, Quotas } from "../../client/quotas.ts";
import { bytes, milliseconds } from "../../shared/protocol/units.ts";
import { QuotaStore } from "../../shared/runtime/quota-store.ts";

const QUOTA: QuotaConfig = { limit: bytes(1000), resetDay: 1, action: "fallback" };

let directory = "";
let today = "2027-05-20";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "hawser-quotas-"));
  today = "2027-05-20";
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

describe("The quotas of a client", () => {
  it("are used up by what a link sends and receives, which is told once", async () => {
    const quotas = await open({ lte: QUOTA });

    const before = quotas.count([carried("lte", 400, 599)]);
    const news = quotas.count([carried("lte", 401, 599)]);
    const after = quotas.count([carried("lte", 500, 600)]);

    assert.deepEqual(before, []);
    assert.deepEqual(news, [{ link: "lte", verdict: "fallback", used: 1000, limit: 1000 }]);
    assert.deepEqual(after, []);
    assert.equal(quotas.verdict("lte"), "fallback");
  });

  it("start anew with the period", async () => {
    const quotas = await open({ lte: QUOTA });
    quotas.count([carried("lte", 2000, 0)]);
    today = "2027-06-01";

    const news = quotas.count([carried("lte", 2100, 0)]);

    assert.deepEqual(news, [{ link: "lte", verdict: "full", used: 100, limit: 1000 }]);
    assert.equal(quotas.verdict("lte"), "full");
  });

  it("go on after a restart, from counters that begin at zero, and tell again what is used up", async () => {
    const first = await open({ lte: QUOTA });
    first.count([carried("lte", 600, 0)]);
    await first.save();

    const second = await open({ lte: QUOTA });
    const before = second.count([]);
    second.count([carried("lte", 500, 0)]);
    await second.save();
    const third = await open({ lte: QUOTA });

    assert.deepEqual(before, []);
    assert.equal(third.verdict("lte"), "fallback");
    assert.deepEqual(third.count([]), [{ link: "lte", verdict: "fallback", used: 1100, limit: 1000 }]);
  });

  for (const [action, verdict] of [
    ["fallback", "fallback"],
    ["off", "off"],
    ["throttle", "throttled"],
  ] as const) {
    it(`end with the file's action: ${action}`, async () => {
      const quotas = await open({ lte: { ...QUOTA, action } });

      const [news] = quotas.count([carried("lte", 1000, 0)]);

      assert.equal(news?.verdict, verdict);
    });
  }

  it("leave links without one alone", async () => {
    const quotas = await open({ lte: QUOTA, dsl: undefined });

    const news = quotas.count([carried("dsl", 1e12, 1e12)]);

    assert.deepEqual(news, []);
    assert.equal(quotas.verdict("dsl"), "full");
    assert.equal(quotas.isEmpty, false);
    assert.equal((await open({ dsl: undefined })).isEmpty, true);
  });
});

describe("The watch over quotas", () => {
  it("tells at its start what is used up already, and counts and writes at its end", async () => {
    const quotas = await open({ lte: QUOTA });
    quotas.count([carried("lte", 1000, 0)]);
    await quotas.save();
    const told: QuotaNews[] = [];
    const again = await open({ lte: QUOTA });
    const watch = new QuotaWatch({
      quotas: again,
      counters: async () => [carried("lte", 7, 0)],
      onChange: (news) => told.push(news),
    });

    watch.start();
    await Promise.all([watch.stop(), watch.stop()]);

    assert.deepEqual(
      told.map(({ link, verdict }) => [link, verdict]),
      [["lte", "fallback"]],
    );
    assert.deepEqual((await open({ lte: QUOTA })).count([])[0]?.used, 1007);
  });

  it("asks nothing where no link has a quota", async () => {
    const watch = new QuotaWatch({
      quotas: await open({ dsl: undefined }),
      counters: () => assert.fail("asked"),
      onChange: () => assert.fail("told"),
    });

    watch.start();
    await watch.stop();
  });
});

async function open(links: Readonly<Record<string, QuotaConfig | undefined>>): Promise<Quotas> {
  const store = await QuotaStore.open({
    path: join(directory, "hawser0.quota.json"),
    writeEvery: milliseconds(60_000),
    today: () => today,
    warn: assert.fail,
  });
  return new Quotas(
    Object.entries(links).map(([name, quota]) => ({ name, quota })),
    store,
  );
}

function carried(name: string, sent: number, received: number): LinkCounters {
  return { name, sent: { bytes: sent }, received: { bytes: received } };
}
