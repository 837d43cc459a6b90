import assert from "node:assert/strict";
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { BridgeReport } from "./support/bridge.ts";
import { run, whyNoDevices } from "./support/commands.ts";
import type { TransferReport } from "./support/peer.ts";

const IPC = { stdio: ["ignore", "inherit", "inherit", "ipc"] } satisfies SpawnOptions;

for (const mode of ["offload", "plain"] as const) {
  describe(`A bridge of two devices (${mode}) between two namespaces`, { skip: whyNoDevices() }, () => {
    let bridge: ChildProcess;
    let server: ChildProcess;
    let atStart: BridgeReport;

    before(async () => {
      bridge = spawn("unshare", ["--net", process.execPath, script("bridge"), mode], IPC);
      server = spawn("unshare", ["--net", process.execPath, script("peer"), "server"], IPC);
      await Promise.all([once(bridge, "message"), once(server, "message")]);
      const far = String(server.pid);
      inNamespace(bridge, "ip", "link", "set", "far", "netns", far);
      configure(bridge, "near", 1);
      configure(server, "far", 2);
      // What the kernel said to one device before the other was up could not be delivered.
      atStart = await askStatistics(bridge);
    });

    after(() => {
      bridge.kill();
      server.kill();
    });

    for (const address of ["10.9.0.2", "fd00:9::2"]) {
      it(`carries TCP both ways and UDP there and back to ${address}, every byte as it was`, async () => {
        const client = spawn(
          "nsenter",
          ["--net", "--target", String(bridge.pid), process.execPath, script("peer"), "client", address],
          IPC,
        );
        const reports = Promise.all([
          nextMessages<TransferReport>(client, 2),
          nextMessages<TransferReport>(server, 1),
        ]);

        const [[here, udp], [there]] = await reports;

        assert.ok(here && udp && there);
        assert.deepEqual(here, { sent: there.received, received: there.sent });
        assert.equal(udp.received, udp.sent);
      });
    }

    it("uses super-packets if it has offloads, and loses nothing", async () => {
      const report = await askStatistics(bridge);

      for (const side of ["near", "far"] as const) {
        const { writeErrors, readErrors, unsupportedReads, malformedPackets, superPacketFallbacks } = report[side];
        assert.equal(writeErrors, atStart[side].writeErrors);
        assert.deepEqual([readErrors, unsupportedReads, malformedPackets, superPacketFallbacks], [0, 0, 0, 0]);
        assert.equal(report[side].superPacketsRead > 0, mode === "offload");
        assert.equal(report[side].superPacketsWritten > 0, mode === "offload");
      }
    });
  });
}

function script(name: string): string {
  return fileURLToPath(new URL(`support/${name}.js`, import.meta.url));
}

function inNamespace(owner: ChildProcess, ...command: readonly string[]): void {
  run("nsenter", "--net", "--target", String(owner.pid), ...command);
}

function configure(owner: ChildProcess, device: string, host: number): void {
  inNamespace(owner, "ip", "address", "add", `10.9.0.${host}/24`, "dev", device);
  inNamespace(owner, "ip", "address", "add", `fd00:9::${host}/64`, "dev", device, "nodad");
  inNamespace(owner, "ip", "link", "set", device, "up");
}

async function askStatistics(bridge: ChildProcess): Promise<BridgeReport> {
  const answer = nextMessages<BridgeReport>(bridge, 1);
  bridge.send("statistics");
  const [report] = await answer;
  assert.ok(report);
  return report;
}

/** Messages that a child of ours sends, of the type that its script exports. Fails when the child ends before. */
function nextMessages<T>(child: ChildProcess, count: number): Promise<T[]> {
  const messages: T[] = [];
  return new Promise((resolve, reject) => {
    const fail = (code: number | null) => reject(new Error(`ended with ${code} after ${messages.length} messages`));
    const take = (message: T) => {
      if (messages.push(message) < count) return;
      child.off("message", take).off("exit", fail);
      resolve(messages);
    };
    child.on("message", take).on("exit", fail);
  });
}
