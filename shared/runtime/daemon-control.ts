import type { ControlHandlers } from "../observe/control-socket.ts";
import type { Logger } from "../observe/log.ts";
import type { BundleSchedulers, SchedulerRequest } from "../observe/scheduler-switch.ts";
import type { BundleStatus } from "../observe/status-snapshot.ts";
import type { CaptureHub } from "./capture-hub.ts";
import type { DataPlaneThread } from "./data-plane/data-plane-thread.ts";

/** What a daemon answers its operator with. */
export type DaemonControlOptions = {
  readonly version: string;
  readonly role: "client" | "server";
  readonly interfaceName: string;
  readonly captures: CaptureHub;
  readonly log: Logger;
  /** The data plane's thread; undefined until it runs. */
  readonly thread: () => Pick<DataPlaneThread<unknown, unknown>, "status" | "explain" | "scheduler"> | undefined;
  /** Adds what only the control plane knows. */
  readonly describe?: (bundles: readonly BundleStatus[]) => readonly BundleStatus[];
};

/** The answers of a daemon that starts now to what it is asked over its control socket. */
export function daemonControl(options: DaemonControlOptions): ControlHandlers {
  const { version, role, interfaceName, captures, log, thread, describe = (bundles) => bundles } = options;
  const startedAt = performance.now();
  return {
    status: async () => {
      const status = await thread()?.status();
      const uptimeMs = performance.now() - startedAt;
      const bundles = describe(status?.bundles ?? []);
      return { version, role, interfaceName, uptimeMs, bundles, drops: status?.drops ?? {} };
    },
    explain: async (filter) => {
      return { version, role, interfaceName, bundles: (await thread()?.explain(filter)) ?? [] };
    },
    scheduler: async (request) => {
      const schedulers = await thread()?.scheduler(request);
      if (schedulers === undefined) throw new Error("the data plane is not running");
      logSwitch(log, request, schedulers);
      return { version, role, interfaceName, ...schedulers };
    },
    capture: (sink, ended) => captures.add(sink, ended),
  };
}

function logSwitch(log: Logger, { bundle, to }: SchedulerRequest, { bundles, newBundles }: BundleSchedulers): void {
  if (to === undefined) return;
  for (const { name, scheduler, before } of bundles) {
    if (scheduler !== before) log.info({ bundle: name, scheduler, before }, "the scheduler was switched");
  }
  if (bundle === undefined && newBundles !== null) log.info({ scheduler: to }, "new bundles get this scheduler");
}
