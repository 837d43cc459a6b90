import type { Logger } from "../shared/observe/log.ts";
import { createSteering, type TunSteering } from "../shared/runtime/data-plane/tun-queue.ts";
import { SystemError } from "../shared/runtime/system-error.ts";
import type { ServerConfig } from "./server-config.ts";
import { type SharedState, sharedState, type WorkerShare } from "./worker-share.ts";

// A worker fills a core only at full speed, and the kernel's own work for its packets fills another one.
const CORES_PER_WORKER = 2;
const MOST_BY_ITSELF = 8;

/** The threads that move a server's packets, before they are started. */
export type Workers = {
  readonly count: number;
  /** What each of them gets. */
  readonly shares: readonly WorkerShare[];
  /** Gives back what they shared, once all have ended. */
  readonly close: () => void;
};

/** How many threads move packets: as many as the operator says, or as the machine's cores are good for. */
export function workerCount(setting: number | "auto", cores: number): number {
  if (setting !== "auto") return setting;
  return Math.min(MOST_BY_ITSELF, Math.max(1, Math.floor(cores / CORES_PER_WORKER)));
}

/** Makes what the workers share; a single one, and a line in the log, where the kernel does not let several be. */
export function openWorkers(config: ServerConfig, cores: number, log: Logger): Workers {
  const wanted = workerCount(config.workers, cores);
  const state = sharedState(config, wanted);
  const steering = wanted > 1 ? openSteering(config, state, log) : undefined;
  const count = steering === undefined ? 1 : wanted;
  const shares = Array.from({ length: count }, (_, number) => {
    return { ...state, place: { number, count }, steering: steering?.descriptor };
  });
  return { count, shares, close: () => steering?.close() };
}

function openSteering(config: ServerConfig, state: SharedState, log: Logger): TunSteering | undefined {
  // As many networks as can be in the table at a time: the addresses of all clients, and what is behind them.
  const routes = config.clients.reduce((sum, client) => sum + client.routes.length, 0);
  try {
    return createSteering(state.leases4.length + (state.leases6?.length ?? 0) + routes);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    const message = "one thread moves all packets: the kernel does not let several share them";
    if (config.workers === "auto") log.info({ err: error.message }, message);
    else log.warn({ err: error.message }, message);
    return undefined;
  }
}
