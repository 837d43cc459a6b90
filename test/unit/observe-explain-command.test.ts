import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { EXPLAIN } from "../../shared/cli/explain.ts";
import { controlSocketPath } from "../../shared/observe/control-path.ts";
import { ControlServer } from "../../shared/observe/control-socket.ts";
import { type Explanation, type ExplanationFilter, explainDecisions } from "../../shared/observe/explanation.ts";
import { explanationText } from "../../shared/observe/explanation-view.ts";
import { type Decision, Decisions } from "../../shared/protocol/decisions.ts";
import { milliseconds } from "../../shared/protocol/units.ts";
import { NO_SCHEDULERS, NOTHING_DECIDED, SNAPSHOT } from "../support/status-facts.ts";

const NOON = new Date(2026, 2, 4, 12, 0, 0);
const SILENT: Decision = { kind: "silent", link: "lte", unansweredMs: 171, unansweredPackets: 48 };

const NOW = milliseconds(100_000_000);
const DECISIONS = new Decisions();
DECISIONS.note({ kind: "mtu", link: "dsl1", fromBytes: 1200, toBytes: 1492 }, milliseconds(NOW - 90_000_000));
for (const ago of [13_000, 12_500, 12_000]) DECISIONS.note(SILENT, milliseconds(NOW - ago));

const EXPLANATION: Explanation = {
  ...NOTHING_DECIDED,
  bundles: [{ name: "vps", links: ["dsl1", "lte"], decisions: explainDecisions(DECISIONS.records, NOW) }],
};

let folder = "";

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "hawser-explain-"));
  process.env["HAWSER_RUN_DIRECTORY"] = join(folder, "run");
});

after(async () => {
  await rm(folder, { recursive: true });
});

describe("The decisions for people", () => {
  it("have the local time, the link, and why", () => {
    assert.equal(
      explanationText(EXPLANATION, NOON),
      `bundle vps
  2026-03-03 11:00:00.000  dsl1  carries packets of 1492 bytes, 1200 before
  11:59:48.000  lte   silent: nothing was reported for 171 ms; 48 packets under way count as lost (3 times in 1.0 s)

These are decisions about what is sent. Those about downloads are the server's: hawser explain there.
`,
    );
  });

  it("say that nothing was decided, or that nobody is there", () => {
    const [bundle] = EXPLANATION.bundles;
    assert.ok(bundle !== undefined);
    const undecided = { ...EXPLANATION, bundles: [{ ...bundle, decisions: [] }] };

    assert.match(explanationText(undecided, NOON), /^bundle vps\n {2}nothing was decided yet\n/);
    assert.match(explanationText(NOTHING_DECIDED, NOON), /^no bundle yet\n/);
    assert.match(
      explanationText({ ...NOTHING_DECIDED, role: "server" }, NOON),
      /^no client is connected\n\n.*clients' own\.\n$/,
    );
  });
});

describe("hawser explain", () => {
  it("shows the decisions of the daemon, with all values as JSON", async () => {
    const server = await listen(() => EXPLANATION);

    const [text, json] = [await explain([]), await explain(["--json"])];

    await server.close();
    assert.match(text, /lte {3}silent: nothing was reported for 171 ms/);
    const { decisions } = JSON.parse(json).bundles[0];
    assert.deepEqual(decisions.at(-1), {
      ageMs: 12_000,
      sinceMs: 13_000,
      times: 3,
      link: "lte",
      kind: "silent",
      text: "silent: nothing was reported for 171 ms; 48 packets under way count as lost",
      values: { unansweredMs: 171, unansweredPackets: 48 },
    });
  });

  it("asks for one link and one bundle", async () => {
    const asked: ExplanationFilter[] = [];
    const server = await listen((filter) => {
      asked.push(filter);
      return EXPLANATION;
    });

    await explain(["lte", "--bundle", "vps", "--interface", "hawser0"]);

    await server.close();
    assert.deepEqual(asked, [{ link: "lte", bundle: "vps" }]);
  });

  it("says which links there are when there is none of the name", async () => {
    const bundles = EXPLANATION.bundles.map((bundle) => ({ ...bundle, decisions: [] }));
    const server = await listen(({ bundle }) => ({ ...EXPLANATION, bundles: bundle === undefined ? bundles : [] }));

    await assert.rejects(explain(["lt"]), {
      name: "UsageError",
      message: 'there is no link "lt": there are dsl1, lte',
    });
    await assert.rejects(explain(["--bundle", "vsp"]), { name: "UsageError", message: 'there is no bundle "vsp"' });
    assert.match(await explain(["lte"]), /nothing was decided yet/);

    await server.close();
  });

  it("refuses wrong arguments, and says that no daemon is running", async () => {
    await assert.rejects(explain(["--jsn"]), { name: "UsageError" });
    await assert.rejects(explain(["dsl1", "lte"]), { name: "UsageError" });
    await assert.rejects(explain([]), { name: "SystemError", message: /no daemon is running/ });
  });
});

async function listen(answer: (filter: ExplanationFilter) => Explanation): Promise<ControlServer> {
  const handlers = { status: () => SNAPSHOT, explain: answer, scheduler: () => NO_SCHEDULERS, capture: () => {} };
  return await ControlServer.listen(controlSocketPath("hawser0"), handlers);
}

async function explain(args: readonly string[]): Promise<string> {
  let text = "";
  const stdout = (piece: string): void => {
    text += piece;
  };
  await EXPLAIN.run(args, { stdout, stderr: () => {}, signal: new AbortController().signal });
  return text;
}
