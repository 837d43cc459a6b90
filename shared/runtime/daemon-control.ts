import type { ControlHandlers } from "../observe/control-socket.ts";
import type { BundleStatus } from "../observe/status-snapshot.ts";
import type { CaptureHub } from "./capture-hub.ts";
import type { DataPlaneThread } from "./data-plane/data-plane-thread.ts";

/** What a daemon answers its operator with. */
export type DaemonControlOptions = {
  readonly version: string;
  readonly role: "client" | "server";
  readonly interfaceName: string;
  readonly captures: CaptureHub;
  /** The data plane's thread; undefined until it runs. */
  readonly thread: () => Pick<DataPlaneThread<unknown, unknown>, "status" | "explain"> | undefined;
  /** Adds what only the control plane knows. */
  readonly describe?: (bundles: readonly BundleStatus[]) => readonly BundleStatus[];
};

/** The answers of a daemon that starts now to what it is asked over its control socket. */
export function daemonControl(options: DaemonControlOptions): ControlHandlers {
  const { version, role, interfaceName, captures, thread, describe = (bundles) => bundles } = options;
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
    capture: (sink, ended) => captures.add(sink, ended),
  };
}
