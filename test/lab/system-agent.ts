// A process of the lab that changes its namespace by our own code, as a daemon does, on orders from a test.
import { execFileSync } from "node:child_process";
import process from "node:process";
import { Uplinks } from "../../client/uplinks.ts";
import { planNat } from "../../server/nat.ts";
import { describeChange } from "../../shared/runtime/system/change-actions.ts";
import { planClientFirewall } from "../../shared/runtime/system/firewall.ts";
import type { HostChange } from "../../shared/runtime/system/host-change.ts";
import { HostChanges } from "../../shared/runtime/system/host-changes.ts";
import { planTunnel } from "../../shared/runtime/system/tunnel-plan.ts";
import type { AgentMessage, AgentOrder } from "./system-orders.ts";

const running = new AbortController();
let changes: HostChanges | undefined;

function tell(message: AgentMessage): void {
  process.send?.(message);
}

function host(): HostChanges {
  if (changes === undefined) throw new Error("order `open` first");
  return changes;
}

async function apply(planned: readonly HostChange[]): Promise<string> {
  await host().apply(planned);
  return planned.map(describeChange).join("\n");
}

async function obey(order: AgentOrder): Promise<unknown> {
  switch (order.do) {
    case "open":
      changes = await HostChanges.open({ interfaceName: order.interfaceName, directory: order.directory });
      return { slot: changes.slot, recovered: changes.recovered };
    case "use resolver file":
      // In the mount namespace of this process: `ip netns exec` made one.
      execFileSync("mount", ["--bind", order.path, "/etc/resolv.conf"]);
      return null;
    case "apply":
      return await apply(order.changes);
    case "set up a tunnel":
      return await apply(await planTunnel(order.request));
    case "set up a client's firewall":
      return await apply([planClientFirewall(order.device, order.addresses, order.masquerades)]);
    case "set up NAT":
      return await apply(await planNat(order.request));
    case "undo":
      return await host().undo(order.changes);
    case "settle":
      return await host().settle();
    case "close":
      running.abort();
      return (await host().close()).map((error) => error.message);
    case "follow uplinks":
      void follow(
        new Uplinks({
          links: order.links,
          tunnelDevice: order.tunnelDevice,
          changes: host(),
          onFailure: (error, link) => console.error(link, error.message),
        }),
      );
      return null;
  }
}

async function follow(uplinks: Uplinks): Promise<void> {
  for await (const event of uplinks.events(running.signal)) tell({ kind: "event", event });
}

process.on("message", (order: AgentOrder) => {
  obey(order).then(
    (value) => tell({ kind: "answer", value }),
    (error: unknown) => tell({ kind: "failure", text: error instanceof Error ? error.message : String(error) }),
  );
});
process.on("disconnect", () => process.exit());
