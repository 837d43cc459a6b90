import { ControlServer } from "../shared/observe/control-socket.ts";
import { DecisionLog } from "../shared/observe/decision-log.ts";
import type { Logger } from "../shared/observe/log.ts";
import { milliseconds } from "../shared/protocol/units.ts";
import { CaptureHub } from "../shared/runtime/capture-hub.ts";
import { daemonControl } from "../shared/runtime/daemon-control.ts";
import { moduleBeside } from "../shared/runtime/data-plane/data-plane-thread.ts";
import { DataPlaneThreads } from "../shared/runtime/data-plane/data-plane-threads.ts";
import { StatusCommand, type StatusEnvironment } from "../shared/runtime/status-command.ts";
import type { HostChanges } from "../shared/runtime/system/host-changes.ts";
import { planTunnelMtu } from "../shared/runtime/system/tunnel-plan.ts";
import type { ServerCommand, ServerEvent, ServerPlaneData, ServerWorkerData } from "./data-plane-messages.ts";
import { findForwardBlockers } from "./nat.ts";
import type { ServerConfig } from "./server-config.ts";
import { firstMtu, planServerHost } from "./server-host.ts";
import type { Workers } from "./workers.ts";

const STATUS_COMMAND_LIMIT_MS = 5_000;

/** What a running server is made of. */
export type ServerDaemonOptions = {
  readonly config: ServerConfig;
  readonly planeData: ServerPlaneData;
  readonly workers: Workers;
  readonly changes: HostChanges;
  readonly log: Logger;
  readonly version: string;
};

/** The server's control plane: brings data plane, TUN device, NAT and operator together. */
export class ServerDaemon {
  readonly #options: ServerDaemonOptions;
  readonly #statusCommand: StatusCommand | undefined;
  readonly #captures = new CaptureHub((isWanted) => this.#threads?.capture(isWanted));
  readonly #decisionLog: DecisionLog;
  readonly #failure = new AbortController();
  #threads: DataPlaneThreads<ServerCommand, ServerEvent> | undefined;
  /** The MTUs that the workers have told, in their order. */
  readonly #workerMtus: (number | null)[] = [];
  #clientsMtu: number | undefined;
  readonly #upLinks = new Set<string>();
  #deviceWork: Promise<void> = Promise.resolve();
  #isUp = false;
  #isStopping = false;
  #mtu: number;

  constructor(options: ServerDaemonOptions) {
    const { config, log } = options;
    this.#options = options;
    this.#decisionLog = new DecisionLog(log, () => milliseconds(performance.now()));
    this.#mtu = firstMtu(config);
    this.#statusCommand =
      config.statusCommand === undefined
        ? undefined
        : new StatusCommand({
            script: config.statusCommand,
            interfaceName: config.interfaceName,
            onFailure: (error) => log.warn({ err: error.message }, "the status command failed"),
          });
  }

  /** Runs until `signal` is aborted. Throws what made it fail; what was set up is undone by the caller. */
  async run(signal: AbortSignal): Promise<void> {
    const { config, planeData, workers, version, log } = this.#options;
    const answers = daemonControl({
      version,
      role: "server",
      interfaceName: config.interfaceName,
      captures: this.#captures,
      log,
      thread: () => this.#threads,
    });
    const control = await ControlServer.listen(config.controlSocket, answers);
    try {
      this.#threads = await DataPlaneThreads.start<ServerCommand, ServerEvent>({
        module: moduleBeside("data-plane", import.meta.url),
        data: workers.shares.map((share): ServerWorkerData => ({ ...planeData, share })),
        onEvent: (event, worker) => this.#handle(event, worker),
        onFrames: (frames) => this.#captures.write(frames),
        onFailure: (error) => this.#failure.abort(error),
      });
      this.#threads.logRefusal(log);
      if (this.#captures.isWanted) this.#threads.capture(true);
      const stop = AbortSignal.any([signal, this.#failure.signal]);
      this.#changeDevice(() => this.#setUp());
      await untilAborted(stop);
      this.#isStopping = true;
      this.#failure.signal.throwIfAborted();
    } finally {
      this.#isStopping = true;
      await this.#threads?.stop();
      await control.close();
      await this.#deviceWork;
      this.#decisionLog.flush();
      if (this.#isUp) this.#statusCommand?.tell("tuntap_down", this.#environment());
    }
  }

  /** Waits for the status command's last calls, which nothing else has to wait for; some seconds at most. */
  async settle(): Promise<void> {
    await this.#statusCommand?.end(STATUS_COMMAND_LIMIT_MS);
  }

  async #setUp(): Promise<void> {
    const { config, workers, changes, log } = this.#options;
    await changes.apply(await planServerHost(config));
    await changes.settle();
    this.#threads?.tell({ kind: "tunnel mtu", mtu: this.#mtu });
    this.#isUp = true;
    this.#statusCommand?.tell("tuntap_up", this.#environment());
    const { count } = workers;
    const facts = { interface: config.interfaceName, port: config.bindPort, ip4: config.ip4.text };
    log.info({ ...facts, ...(count > 1 ? { workers: count } : {}) }, "server started");
    await this.#warnOfBlockers();
  }

  async #warnOfBlockers(): Promise<void> {
    const { log } = this.#options;
    try {
      for (const chain of await findForwardBlockers()) {
        log.warn({ chain }, "another firewall drops forwarded packets: allow the tunnel's interface there");
      }
    } catch (error) {
      log.warn({ err: String(error) }, "it is not known whether another firewall drops forwarded packets");
    }
  }

  #handle(event: ServerEvent, worker: number): void {
    const { log, workers } = this.#options;
    switch (event.kind) {
      case "client connected":
        log.info(
          { client: event.client, ip4: event.ip4, ip6: event.ip6, ...(workers.count > 1 ? { worker } : {}) },
          "client connected",
        );
        return;
      case "client gone":
        log.info({ client: event.client }, "client gone");
        for (const name of this.#upLinks) if (name.startsWith(`${event.client}/`)) this.#tellLink(name, false);
        return;
      case "link changed": {
        const { client, link, state, reason, remote, rttMs } = event;
        log.info({ client, link, reason, remote, ...(rttMs === null ? {} : { rttMs }) }, `link ${state}`);
        this.#tellLink(`${client}/${link}`, state === "up");
        return;
      }
      case "link roamed":
        log.info(
          { client: event.client, link: event.link, remote: event.remote },
          "the client's address has changed",
        );
        return;
      case "decided":
        this.#decisionLog.write(event.decision, { client: event.client });
        return;
      case "mtu changed":
        this.#workerMtus[worker] = event.mtu;
        this.#followMtus();
        return;
      case "addresses short":
        this.#threads?.tell({ kind: "reclaim leases" });
    }
  }

  /** The device takes what every client of every worker can be sent in one piece. */
  #followMtus(): void {
    const mtu = Math.min(...this.#workerMtus.filter((one) => typeof one === "number"));
    if (!Number.isFinite(mtu) || mtu === this.#clientsMtu || this.#options.config.mtu !== "auto") return;
    this.#clientsMtu = mtu;
    this.#changeDevice(() => this.#changeMtu(mtu));
  }

  #tellLink(name: string, isUp: boolean): void {
    const wasUp = this.#upLinks.delete(name);
    if (isUp) this.#upLinks.add(name);
    if (isUp !== wasUp) this.#statusCommand?.tell(isUp ? "rtun_up" : "rtun_down", this.#environment(), name);
  }

  async #changeMtu(mtu: number): Promise<void> {
    const { config, changes } = this.#options;
    await changes.apply([planTunnelMtu(config.interfaceName, mtu)]);
    this.#mtu = mtu;
    this.#threads?.tell({ kind: "tunnel mtu", mtu });
  }

  /** Changes of the host follow one another; one that fails ends the server. */
  #changeDevice(change: () => Promise<void>): void {
    this.#deviceWork = this.#deviceWork.then(async () => {
      if (this.#isStopping) return;
      try {
        await change();
      } catch (error) {
        // The device goes with the thread: what fails after that is no failure.
        if (!this.#isStopping) this.#failure.abort(error);
      }
    });
  }

  #environment(): StatusEnvironment {
    const { config } = this.#options;
    const routes = config.clients.flatMap((client) => client.routes);
    const of = (family: 4 | 6) =>
      routes
        .filter(({ address }) => address.family === family)
        .map(({ text }) => text)
        .join(" ");
    return {
      IP4: config.ip4.text,
      IP6: config.ip6?.text ?? "",
      IP4_ROUTES: of(4),
      IP6_ROUTES: of(6),
      DEVICE: config.interfaceName,
      MTU: String(this.#mtu),
    };
  }
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
