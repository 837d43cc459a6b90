import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { wake } from "dgram-native";
import { SystemError } from "../system-error.ts";
import type { TappedFrame } from "./frame-tap.ts";
import type { ThreadReport, ThreadRequest, ThreadStatus } from "./thread-messages.ts";

/** How a data-plane thread is started and who listens to it. */
export type DataPlaneThreadOptions<Event> = {
  /** The module that runs in the thread. */
  readonly module: URL;
  /** What the module gets as `workerData`. */
  readonly data: unknown;
  readonly onEvent: (event: Event) => void;
  readonly onFrames: (frames: readonly TappedFrame[]) => void;
  /** The thread ended by itself: a bug, or no memory. */
  readonly onFailure: (error: Error) => void;
};

/** The data plane's thread as the control plane sees it. */
export class DataPlaneThread<Command, Event> {
  /** The TUN device's name as the kernel gave it. */
  readonly interfaceName: string;
  readonly #worker: Worker;
  readonly #wakeFd: number;
  readonly #options: DataPlaneThreadOptions<Event>;
  readonly #waiting = new Map<number, (status: ThreadStatus) => void>();
  #nextId = 0;
  #isStopping = false;

  private constructor(
    worker: Worker,
    ready: ThreadReport<Event> & { kind: "ready" },
    options: DataPlaneThreadOptions<Event>,
  ) {
    this.#worker = worker;
    this.#wakeFd = ready.wakeFd;
    this.#options = options;
    this.interfaceName = ready.interfaceName;
    worker.on("message", (report: ThreadReport<Event>) => this.#handle(report));
    worker.on("error", (error) => options.onFailure(error));
    worker.on("exit", (code) => {
      if (!this.#isStopping) options.onFailure(new Error(`the data plane ended with code ${code}`));
    });
  }

  /** Starts the thread; throws SystemError when it cannot open what it needs. */
  static async start<Command, Event>(
    options: DataPlaneThreadOptions<Event>,
  ): Promise<DataPlaneThread<Command, Event>> {
    const worker = new Worker(options.module, { workerData: options.data });
    const [report]: ThreadReport<Event>[] = await once(worker, "message");
    if (report?.kind === "ready") return new DataPlaneThread<Command, Event>(worker, report, options);
    await worker.terminate();
    if (report?.kind !== "failed") throw new Error("the data plane's thread did not start");
    throw new SystemError({ code: report.code, operation: report.operation, hint: hintFor(report.code) });
  }

  /** Asks the thread to do something. */
  tell(command: Command): void {
    this.#post({ kind: "command", command });
  }

  async status(): Promise<ThreadStatus> {
    const id = this.#nextId++;
    const answer = new Promise<ThreadStatus>((resolve) => this.#waiting.set(id, resolve));
    this.#post({ kind: "status", id });
    return answer;
  }

  /** Starts or ends the copying of frames. */
  capture(isWanted: boolean): void {
    this.#post({ kind: "capture", isWanted });
  }

  /** Ends the thread in order. */
  async stop(): Promise<void> {
    if (this.#isStopping) return;
    this.#isStopping = true;
    const exit = once(this.#worker, "exit");
    this.#post({ kind: "stop" });
    await exit;
  }

  #post(request: ThreadRequest<Command>): void {
    this.#worker.postMessage(request);
    wake(this.#wakeFd);
  }

  #handle(report: ThreadReport<Event>): void {
    switch (report.kind) {
      case "event":
        this.#options.onEvent(report.event);
        return;
      case "status":
        this.#waiting.get(report.id)?.(report.status);
        this.#waiting.delete(report.id);
        return;
      case "frames":
        this.#options.onFrames(report.frames);
        this.#post({ kind: "captured", bytes: report.frames.reduce((sum, { bytes }) => sum + bytes.length, 0) });
    }
  }
}

/** The URL of a module beside the one at `url`, as source or compiled. */
export function moduleBeside(name: string, url: string): URL {
  return new URL(`./${name}${url.endsWith(".ts") ? ".ts" : ".js"}`, url);
}

function hintFor(code: string): string {
  switch (code) {
    case "EPERM":
    case "EACCES":
      return "run as root, or give CAP_NET_ADMIN and CAP_NET_RAW as deploy/hawser@.service does";
    case "EBUSY":
      return "another process has this interface: stop it, or choose another interface_name";
    case "ENOENT":
    case "ENODEV":
      return "the kernel has no TUN device: load the driver with modprobe tun";
    case "EADDRINUSE":
      return "another process has this port: stop it, or choose another bindport";
    case "EADDRNOTAVAIL":
      return "this host does not have the address of bindhost";
    default:
      return "see the kernel's log";
  }
}
