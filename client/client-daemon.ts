import { ControlServer } from "../shared/observe/control-socket.ts";
import { DecisionLog } from "../shared/observe/decision-log.ts";
import { LimitedLog } from "../shared/observe/limited-log.ts";
import type { Logger } from "../shared/observe/log.ts";
import { milliseconds, seconds } from "../shared/protocol/units.ts";
import { CaptureHub } from "../shared/runtime/capture-hub.ts";
import { daemonControl } from "../shared/runtime/daemon-control.ts";
import { DataPlaneThread, moduleBeside } from "../shared/runtime/data-plane/data-plane-thread.ts";
import { lineMtu } from "../shared/runtime/data-plane/defaults.ts";
import { StatusCommand } from "../shared/runtime/status-command.ts";
import type { HostChanges } from "../shared/runtime/system/host-changes.ts";
import type { UplinkSocket } from "../shared/runtime/system/uplink-plan.ts";
import type { ClientConfig, ClientLinkConfig } from "./client-config.ts";
import type { ClientCommand, ClientEvent, ClientPlaneData } from "./data-plane-messages.ts";
import { QuotaWatch } from "./quota-watch.ts";
import type { QuotaNews, Quotas } from "./quotas.ts";
import type { ServerAddresses } from "./server-addresses.ts";
import { TunnelDevice } from "./tunnel-device.ts";
import { uplinkRequest } from "./uplink-request.ts";
import { type UplinkEvent, Uplinks } from "./uplinks.ts";

// A link that got no answer for this long is dialled at the server's next address; one whose socket could not be
// opened is tried again.
const NEXT_ADDRESS_MS = 4_000;
// With a single address, its name is looked up anew as often as this while a link has no answer.
const LOOK_UP_MS = 30_000;
const REPEATED_WARNING = seconds(60);
const STATUS_COMMAND_LIMIT_MS = 5_000;

/** What a running client is made of. */
export type ClientDaemonOptions = {
  readonly config: ClientConfig;
  readonly planeData: ClientPlaneData;
  readonly servers: ServerAddresses;
  readonly changes: HostChanges;
  readonly quotas: Quotas;
  readonly log: Logger;
  readonly version: string;
};

/** The client's control plane: brings uplinks, data plane, TUN device and operator together. */
export class ClientDaemon {
  readonly #options: ClientDaemonOptions;
  readonly #uplinks: Uplinks;
  readonly #device: TunnelDevice;
  readonly #statusCommand: StatusCommand | undefined;
  readonly #quotaWatch: QuotaWatch;
  readonly #captures = new CaptureHub((isWanted) => this.#thread?.capture(isWanted));
  readonly #sockets = new Map<string, UplinkSocket>();
  readonly #redials = new Map<string, NodeJS.Timeout>();
  readonly #upLinks = new Set<string>();
  readonly #limitedLog: LimitedLog;
  readonly #decisionLog: DecisionLog;
  readonly #failure = new AbortController();
  #thread: DataPlaneThread<ClientCommand, ClientEvent> | undefined;
  #deviceWork: Promise<void> = Promise.resolve();
  #isStopping = false;

  constructor(options: ClientDaemonOptions) {
    const { config, changes, log, servers } = options;
    this.#options = options;
    const clock = () => milliseconds(performance.now());
    this.#limitedLog = new LimitedLog(log, REPEATED_WARNING, clock);
    this.#decisionLog = new DecisionLog(log, clock);
    this.#device = new TunnelDevice(config, config.interfaceName, changes);
    this.#quotaWatch = new QuotaWatch({
      quotas: options.quotas,
      counters: async () => (await this.#thread?.status())?.bundles[0]?.links ?? [],
      onChange: (news) => this.#onQuota(news),
    });
    this.#uplinks = new Uplinks({
      links: config.links.map((link, index) => uplinkRequest(link, index, servers.all(link.remoteHost))),
      tunnelDevice: config.interfaceName,
      changes,
      onFailure: ({ message: err }, link) =>
        this.#limitedLog.warn(`set up ${link}`, { link, err }, "the uplink could not be set up"),
    });
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
    const { config, planeData, quotas, version, log } = this.#options;
    const answers = daemonControl({
      version,
      role: "client",
      interfaceName: config.interfaceName,
      captures: this.#captures,
      log,
      thread: () => this.#thread,
      describe: (bundles) => quotas.describe(bundles),
    });
    const control = await ControlServer.listen(config.controlSocket, answers);
    try {
      this.#thread = await DataPlaneThread.start<ClientCommand, ClientEvent>({
        module: moduleBeside("data-plane", import.meta.url),
        data: planeData,
        onEvent: (event) => this.#handle(event),
        onFrames: (frames) => this.#captures.write(frames),
        onFailure: (error) => this.#failure.abort(error),
      });
      this.#thread.logRefusal(log);
      if (this.#captures.isWanted) this.#thread.capture(true);
      log.info({ interface: config.interfaceName, links: config.links.length }, "client started");
      this.#quotaWatch.start();
      const stop = AbortSignal.any([signal, this.#failure.signal]);
      // The server is told before anything else: an uplink that is being set up may take its time.
      stop.addEventListener("abort", () => {
        this.#isStopping = true;
        // What the links carried is asked for first, as the thread answers in order.
        void this.#quotaWatch.stop();
        void this.#thread?.stop();
      });
      for await (const event of this.#uplinks.events(stop)) this.#follow(event);
      this.#failure.signal.throwIfAborted();
    } finally {
      await this.#stop(control);
    }
  }

  /** Waits for the status command's last calls, which nothing else has to wait for; some seconds at most. */
  async settle(): Promise<void> {
    await this.#statusCommand?.end(STATUS_COMMAND_LIMIT_MS);
  }

  async #stop(control: ControlServer): Promise<void> {
    this.#isStopping = true;
    for (const timer of this.#redials.values()) clearTimeout(timer);
    const counted = this.#quotaWatch.stop();
    await this.#thread?.stop();
    await counted;
    await control.close();
    await this.#deviceWork;
    if (this.#device.isUp) this.#statusCommand?.tell("tuntap_down", this.#device.environment());
    this.#limitedLog.flush();
    this.#decisionLog.flush();
  }

  /** Hands a link's way out to the data plane. */
  #follow(event: UplinkEvent): void {
    const { log } = this.#options;
    clearTimeout(this.#redials.get(event.link));
    if (event.kind === "unavailable") {
      this.#sockets.delete(event.link);
      log.info({ link: event.link, reason: event.reason }, "no uplink");
      this.#thread?.tell({ kind: "uplink lost", link: event.link, reason: event.reason });
      return;
    }
    this.#sockets.set(event.link, event.socket);
    const { device, address4, address6 } = event.socket;
    log.info({ link: event.link, device, address: address4 ?? address6 }, "uplink available");
    this.#dial(event.link);
  }

  #onQuota({ link, verdict, used, limit }: QuotaNews): void {
    const { log } = this.#options;
    const fields = { link, usedBytes: used, limitBytes: limit };
    if (verdict === "full") log.info(fields, "the link's quota has started anew");
    else log.warn({ ...fields, allowed: verdict }, "the link's quota is used up");
    if (verdict === "off") clearTimeout(this.#redials.get(link));
    else this.#thread?.tell({ kind: "allowance", link, allowance: verdict });
    if (verdict === "off" || !this.#upLinks.has(link)) this.#dial(link);
  }

  #dial(name: string): void {
    const { servers } = this.#options;
    const link = this.#configOf(name);
    const socket = this.#sockets.get(name);
    if (link === undefined || socket === undefined) return;
    if (this.#options.quotas.verdict(name) === "off") {
      this.#thread?.tell({ kind: "uplink lost", link: name, reason: "quota used up" });
      return;
    }
    const families = ([4, 6] as const).filter((family) => addressOf(socket, family) !== null);
    const server = servers.choose(name, link.remoteHost, families);
    const address = server === undefined ? null : addressOf(socket, server.family);
    if (server === undefined || address === null) {
      const reason = `${link.remoteHost} has no address of an IP version that this uplink has`;
      this.#thread?.tell({ kind: "uplink lost", link: name, reason });
    } else {
      const remote = { address: server.address, port: link.remotePort };
      const mtu = lineMtu(link.mtu ?? socket.mtu);
      const { device, mark } = socket;
      const uplink = { family: server.family, address, port: link.bindPort ?? null, device, mark, mtu, remote };
      this.#thread?.tell({ kind: "uplink", link: name, uplink });
    }
    this.#redialLater(link, false);
  }

  #redialLater(link: ClientLinkConfig, hasFailed: boolean): void {
    clearTimeout(this.#redials.get(link.name));
    if (this.#isStopping) return;
    const hasChoice = this.#options.servers.all(link.remoteHost).length > 1;
    const timer = setTimeout(
      () => {
        this.#options.servers.advance(link.name);
        if (hasFailed || hasChoice) this.#dial(link.name);
        else this.#redialLater(link, false);
        void this.#lookUpAgain(link.remoteHost);
      },
      hasFailed || hasChoice ? NEXT_ADDRESS_MS : LOOK_UP_MS,
    );
    this.#redials.set(link.name, timer);
  }

  async #lookUpAgain(host: string): Promise<void> {
    const { config, servers } = this.#options;
    const hasChanged = await servers.refresh(host);
    if (!hasChanged || this.#isStopping) return;
    for (const { name, remoteHost } of config.links) {
      if (remoteHost !== host) continue;
      this.#uplinks.setRemotes(name, servers.all(host));
      if (!this.#upLinks.has(name)) this.#dial(name);
    }
  }

  #configOf(name: string): ClientLinkConfig | undefined {
    return this.#options.config.links.find((candidate) => candidate.name === name);
  }

  #handle(event: ClientEvent): void {
    const { log } = this.#options;
    switch (event.kind) {
      case "link changed":
        this.#onLinkChanged(event);
        return;
      case "agreed":
        this.#changeDevice(() => this.#device.agree(event.answer));
        return;
      case "mtu changed":
        this.#changeDevice(() => this.#device.setMtu(event.mtu));
        return;
      case "link roamed":
        log.info({ link: event.link }, "the server's address has changed");
        return;
      case "socket failed": {
        const { link: name, code } = event;
        this.#limitedLog.warn(`open ${name}`, { link: name, code }, "the link's socket could not be opened");
        const link = this.#configOf(name);
        if (link !== undefined && this.#sockets.has(name)) this.#redialLater(link, true);
        return;
      }
      case "decided":
        this.#decisionLog.write(event.decision);
        return;
      case "restarted":
        log.info("the server started anew");
    }
  }

  #onLinkChanged(event: ClientEvent & { readonly kind: "link changed" }): void {
    const { log } = this.#options;
    const { link: name, state, reason, rttMs } = event;
    log.info({ link: name, reason, ...(rttMs === null ? {} : { rttMs }) }, `link ${state}`);
    const link = this.#configOf(name);
    const wasUp = this.#upLinks.delete(name);
    if (state === "up") this.#upLinks.add(name);
    if (state === "up") clearTimeout(this.#redials.get(name));
    else if (wasUp && state === "probing" && link !== undefined) this.#redialLater(link, false);
    if (wasUp === (state === "up")) return;
    this.#statusCommand?.tell(wasUp ? "rtun_down" : "rtun_up", this.#device.environment(), name);
  }

  /** Changes of the TUN device follow one another; one that fails ends the client. */
  #changeDevice(change: () => Promise<boolean>): void {
    const { log } = this.#options;
    this.#deviceWork = this.#deviceWork.then(async () => {
      if (this.#isStopping) return;
      try {
        const hasComeUp = await change();
        if (this.#device.mtu !== undefined) this.#thread?.tell({ kind: "tunnel mtu", mtu: this.#device.mtu });
        if (!hasComeUp) return;
        const { IP4, IP6, MTU } = this.#device.environment();
        log.info({ ip4: IP4, ip6: IP6, mtu: Number(MTU) }, "tunnel up");
        this.#statusCommand?.tell("tuntap_up", this.#device.environment());
      } catch (error) {
        // The device goes with the thread: what fails after that is no failure.
        if (!this.#isStopping) this.#failure.abort(error);
      }
    });
  }
}

function addressOf(socket: UplinkSocket, family: 4 | 6): string | null {
  return family === 4 ? socket.address4 : socket.address6;
}
