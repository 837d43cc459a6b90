import { setTimeout as pause } from "node:timers/promises";
import { watchCpu } from "../../lab/toolkit/cpu.ts";
import { watchProcessors } from "../../lab/toolkit/processor-load.ts";
import type { Figures, Losses, Passage } from "../results/measurement.ts";
import type { Running } from "./bench-case.ts";

/** What a subject's processes used in a time, and what else is known of that time. */
export type Window = Pick<Passage, "seconds" | "client" | "server"> &
  Pick<Figures, "busyShare" | "lostPackets" | "losses">;

/** Watches a subject from now on: the function it answers ends that, and says what was seen. */
export async function watch({ carrier, clientPids, serverPids }: Running): Promise<() => Promise<Window>> {
  const before = await carrier.losses?.();
  const startedAt = performance.now();
  const [client, server, processors] = [watchCpu(clientPids), watchCpu(serverPids), watchProcessors()];
  return async () => {
    const seen = {
      client: client(),
      server: server(),
      busyShare: processors().busy,
      seconds: (performance.now() - startedAt) / 1000,
    };
    const after = await carrier.losses?.();
    return before === undefined || after === undefined ? seen : { ...seen, ...lostBetween(before, after) };
  };
}

/** Watches a subject for so long, after so long. */
export async function watchFor(running: Running, afterSeconds: number, seconds: number): Promise<Window> {
  await pause(afterSeconds * 1000);
  const end = await watch(running);
  await pause(seconds * 1000);
  return await end();
}

/** The figures that every case has of its window. */
export function windowFigures({ client: _client, server: _server, seconds: _seconds, ...figures }: Window): Figures {
  return figures;
}

function lostBetween(before: Losses, after: Losses): Pick<Figures, "lostPackets" | "losses"> {
  const differences = Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)] as const);
  const losses = differences.filter(([, count]) => count !== 0);
  return {
    lostPackets: losses.reduce((sum, [, count]) => sum + count, 0),
    losses: Object.fromEntries(losses),
  };
}
