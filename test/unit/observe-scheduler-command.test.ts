import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { SCHEDULER } from "../../shared/cli/scheduler.ts";
import { controlSocketPath } from "../../shared/observe/control-path.ts";
import { ControlServer } from "../../shared/observe/control-socket.ts";
import type { SchedulerAnswer, SchedulerRequest } from "../../shared/observe/scheduler-switch.ts";
import { schedulersText } from "../../shared/observe/scheduler-view.ts";
import { NO_SCHEDULERS, NOTHING_DECIDED, SNAPSHOT } from "../support/status-facts.ts";

const TWO_CLIENTS: SchedulerAnswer = {
  ...NO_SCHEDULERS,
  bundles: [
    { name: "alice", scheduler: "failover", before: "weighted" },
    { name: "bob", scheduler: "failover", before: "failover" },
  ],
  newBundles: "failover",
};

let folder = "";

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "hawser-scheduler-"));
  process.env["HAWSER_RUN_DIRECTORY"] = join(folder, "run");
});

after(async () => {
  await rm(folder, { recursive: true });
});

describe("The schedulers for people", () => {
  it("are told with what was before, and with what new bundles get", () => {
    assert.equal(
      schedulersText(TWO_CLIENTS),
      `bundle alice: failover, weighted before
bundle bob: failover
new bundles: failover

This is for what is sent to the clients. For uploads, they have their own.
`,
    );
  });

  it("are told of a server that nobody is connected to, and of a client", () => {
    const bundles = [{ name: "vps", scheduler: "redundant", before: "redundant" }];

    assert.match(schedulersText(NO_SCHEDULERS), /^new bundles: earliest-arrival\n/);
    assert.match(
      schedulersText({ ...NO_SCHEDULERS, role: "client", bundles, newBundles: null }),
      /^bundle vps: redundant\n\nThis is for what is sent\. .*hawser scheduler there\.\n$/,
    );
  });
});

describe("hawser scheduler", () => {
  it("shows the schedulers of the daemon, also as JSON", async () => {
    const asked: SchedulerRequest[] = [];
    const server = await listen(TWO_CLIENTS, asked);

    const [text, json] = [await scheduler([]), await scheduler(["--json"])];

    await server.close();
    assert.equal(text, schedulersText(TWO_CLIENTS));
    assert.deepEqual(JSON.parse(json), TWO_CLIENTS);
    assert.deepEqual(asked, [{}, {}]);
  });

  it("asks for another one, for all bundles or for one", async () => {
    const asked: SchedulerRequest[] = [];
    const server = await listen(TWO_CLIENTS, asked);

    await scheduler(["failover"]);
    await scheduler(["redundant", "--bundle", "alice", "--interface", "hawser0"]);

    await server.close();
    assert.deepEqual(asked, [{ to: "failover" }, { to: "redundant", bundle: "alice" }]);
  });

  it("says which schedulers there are, and asks for nothing, when there is none of the name", async () => {
    const asked: SchedulerRequest[] = [];
    const server = await listen(TWO_CLIENTS, asked);
    const names = "there are earliest-arrival, weighted, redundant, failover";

    await assert.rejects(scheduler(["fail-over"]), {
      name: "UsageError",
      message: `unknown scheduler "fail-over": ${names}, did you mean "failover"?`,
    });
    await assert.rejects(scheduler(["random-walk"]), {
      name: "UsageError",
      message: `unknown scheduler "random-walk": ${names}`,
    });

    await server.close();
    assert.deepEqual(asked, []);
  });

  it("says that there is no bundle of the name", async () => {
    const server = await listen(NO_SCHEDULERS);

    await assert.rejects(scheduler(["weighted", "--bundle", "carol"]), {
      name: "UsageError",
      message: 'there is no bundle "carol"',
    });

    await server.close();
  });

  it("refuses wrong arguments, and says that no daemon is running", async () => {
    await assert.rejects(scheduler(["--bundel", "alice"]), { name: "UsageError" });
    await assert.rejects(scheduler(["weighted", "failover"]), { name: "UsageError" });
    await assert.rejects(scheduler(["weighted"]), { name: "SystemError", message: /no daemon is running/ });
  });
});

async function listen(answer: SchedulerAnswer, asked: SchedulerRequest[] = []): Promise<ControlServer> {
  return await ControlServer.listen(controlSocketPath("hawser0"), {
    status: () => SNAPSHOT,
    explain: () => NOTHING_DECIDED,
    scheduler: (request) => {
      asked.push(request);
      return answer;
    },
    capture: () => {},
  });
}

async function scheduler(args: readonly string[]): Promise<string> {
  let text = "";
  const stdout = (piece: string): void => {
    text += piece;
  };
  await SCHEDULER.run(args, { stdout, stderr: () => {}, signal: new AbortController().signal });
  return text;
}
