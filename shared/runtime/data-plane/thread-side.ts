import { parentPort, receiveMessageOnPort } from "node:worker_threads";
import { type BundleExplanation, type ExplanationFilter, explainDecisions } from "../../observe/explanation.ts";
import { RateMeter } from "../../observe/rates.ts";
import type { BundleScheduler, SchedulerRequest } from "../../observe/scheduler-switch.ts";
import type { BundleStatus } from "../../observe/status-snapshot.ts";
import type { SchedulerName } from "../../protocol/scheduler/schedulers.ts";
import type { Tunnel } from "../../protocol/tunnel.ts";
import type { HostEvent } from "../../protocol/tunnel-host.ts";
import { type Milliseconds, milliseconds, seconds } from "../../protocol/units.ts";
import { SystemError } from "../system-error.ts";
import type { DataPlane } from "./data-plane.ts";
import { FrameTap } from "./frame-tap.ts";
import type { ThreadReport, ThreadRequest } from "./thread-messages.ts";
import { prioritizeThreads } from "./thread-priority.ts";
import { type BundleFacts, describeTunnel, meterTunnel } from "./tunnel-status.ts";

const METER_WINDOW = seconds(1);

/** What a daemon adds to a data-plane thread. */
export type ThreadHooks<Command> = {
  readonly route: (bytes: Uint8Array, offset: number) => Tunnel | undefined;
  readonly onCommand: (command: Command, now: Milliseconds) => void;
  readonly onHostEvent: (event: HostEvent, now: Milliseconds) => void;
  /** The bundles to show, and what the daemon knows of them. */
  readonly facts: () => readonly { readonly tunnel: Tunnel; readonly facts: BundleFacts }[];
  /** Where more bundles may begin: which scheduler they get, and how to give them another one. */
  readonly newBundles?: { readonly scheduler: () => SchedulerName; readonly use: (name: SchedulerName) => void };
};

/** The data plane's own side of the conversation with the control plane: answers between its rounds. */
export class ThreadSide<Command, Event> {
  readonly #plane: DataPlane;
  readonly #hooks: ThreadHooks<Command>;
  readonly #meters = new WeakMap<Tunnel, RateMeter>();
  #meteredAt: Milliseconds = milliseconds(Number.NEGATIVE_INFINITY);

  constructor(plane: DataPlane, hooks: ThreadHooks<Command>) {
    this.#plane = plane;
    this.#hooks = hooks;
  }

  /** Runs the data plane with this priority until it is told to stop, then ends the bundles and frees everything. */
  run(interfaceName: string, nice: number): void {
    const refusal = prioritizeThreads(nice);
    report<Event>({ kind: "ready", wakeFd: this.#plane.poller.wakeFd, interfaceName, refusal });
    const { route } = this.#hooks;
    this.#plane.run({ route, onWoken: (now) => this.#answer(now), onWritten: (now) => this.#tell(now) });
    this.#plane.close();
  }

  emit(event: Event): void {
    report<Event>({ kind: "event", event });
  }

  #answer(now: Milliseconds): void {
    for (let message = nextMessage<Command>(); message !== undefined; message = nextMessage<Command>()) {
      this.#handle(message, now);
    }
  }

  #tell(now: Milliseconds): void {
    for (const event of this.#plane.host.takeEvents()) this.#hooks.onHostEvent(event, now);
    if (now - this.#meteredAt < METER_WINDOW) return;
    this.#meteredAt = now;
    for (const tunnel of this.#plane.host.tunnels) meterTunnel(tunnel, this.#meter(tunnel), now);
  }

  #handle(request: ThreadRequest<Command>, now: Milliseconds): void {
    const plane = this.#plane;
    switch (request.kind) {
      case "command":
        this.#hooks.onCommand(request.command, now);
        return;
      case "status": {
        const status = { bundles: this.#describe(now), drops: { ...plane.host.drops.snapshot(), ...plane.drops() } };
        report<Event>({ kind: "status", id: request.id, status });
        return;
      }
      case "explain":
        report<Event>({ kind: "explanation", id: request.id, bundles: this.#explain(request.filter, now) });
        return;
      case "scheduler": {
        const bundles = this.#switchSchedulers(request.request, now);
        const newBundles = this.#hooks.newBundles?.scheduler() ?? null;
        report<Event>({ kind: "schedulers", id: request.id, schedulers: { bundles, newBundles } });
        return;
      }
      case "capture":
        plane.tap = request.isWanted ? this.#makeTap() : undefined;
        return;
      case "captured":
        plane.tap?.acknowledge(request.bytes);
        return;
      case "stop":
        for (const tunnel of plane.host.tunnels) {
          tunnel.terminate(now);
          plane.host.touch(tunnel);
        }
        plane.stop();
    }
  }

  #makeTap(): FrameTap {
    const { host, arena } = this.#plane;
    return new FrameTap(host, arena, (frames) => report<Event>({ kind: "frames", frames }));
  }

  #describe(now: Milliseconds): BundleStatus[] {
    const { bytes } = this.#plane.arena;
    return this.#hooks
      .facts()
      .map(({ tunnel, facts }) => describeTunnel(tunnel, facts, this.#meter(tunnel), bytes, now));
  }

  #explain({ bundle, link }: ExplanationFilter, now: Milliseconds): BundleExplanation[] {
    return this.#hooks
      .facts()
      .filter(({ tunnel }) => bundle === undefined || tunnel.name === bundle)
      .map(({ tunnel }) => {
        const about = tunnel.decisions.records.filter(({ decision }) => link === undefined || decision.link === link);
        const links = tunnel.links.map(({ name }) => name);
        return { name: tunnel.name, links, decisions: explainDecisions(about, now) };
      });
  }

  #switchSchedulers({ bundle, to }: SchedulerRequest, now: Milliseconds): BundleScheduler[] {
    const { facts, newBundles } = this.#hooks;
    const isAsked = ({ name }: Tunnel): boolean => bundle === undefined || name === bundle;
    const shown = facts()
      .filter(({ tunnel }) => isAsked(tunnel))
      .map(({ tunnel }) => ({ tunnel, before: tunnel.outbound.scheduler.name }));
    if (to !== undefined && (bundle === undefined || shown.length > 0)) {
      // Those too that nothing has proved yet: one of them may be the next bundle of its client.
      for (const tunnel of this.#plane.host.tunnels) {
        if (!isAsked(tunnel) || tunnel.outbound.scheduler.name === to) continue;
        tunnel.setScheduler(to, now);
        this.#plane.host.touch(tunnel);
      }
      if (bundle === undefined) newBundles?.use(to);
    }
    return shown.map(({ tunnel, before }) => ({
      name: tunnel.name,
      scheduler: tunnel.outbound.scheduler.name,
      before,
    }));
  }

  #meter(tunnel: Tunnel): RateMeter {
    let meter = this.#meters.get(tunnel);
    if (meter === undefined) {
      meter = new RateMeter(METER_WINDOW);
      this.#meters.set(tunnel, meter);
    }
    return meter;
  }
}

/** Sends a report to the control plane. */
export function report<Event>(message: ThreadReport<Event>): void {
  parentPort?.postMessage(message);
}

/** Tells the control plane what the thread ends with, and answers whether `error` is a failed system call. */
export function reportFailure(error: unknown): boolean {
  if (!(error instanceof SystemError)) return false;
  const { code, operation, hint } = error;
  report({ kind: "failed", code, operation, hint });
  return true;
}

function nextMessage<Command>(): ThreadRequest<Command> | undefined {
  if (parentPort === null) return undefined;
  const received: { message: ThreadRequest<Command> } | undefined = receiveMessageOnPort(parentPort);
  return received?.message;
}
