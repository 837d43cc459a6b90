import { once } from "node:events";
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import { wake } from "dgram-native";
import type { BundleExplanation, ExplanationFilter } from "../../observe/explanation.ts";
import type { Logger } from "../../observe/log.ts";
import type { BundleSchedulers, SchedulerRequest } from "../../observe/scheduler-switch.ts";
import { SystemError } from "../system-error.ts";
import type { TappedFrame } from "./frame-tap.ts";
import type { ThreadReport, ThreadRequest, ThreadStatus } from "./thread-messages.ts";

// A thread that was told to stop says farewell and closes what it has: less than a round of its loop.
const STOP_LIMIT_MS = 2000;

// Three times what V8 fills between two collections of young objects: by itself it lets a thread take 48 MiB of them, of which
// hardly any outlives a round.
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 12 };

// By itself V8 lets old objects become four times as many as a collection has left, and has the event loop begin the next one,
// which a data plane never runs: a server would keep as much of its clients' handshakes as of the clients.
const COLLECT_SOON = ["--heap-growing-percent=20"] as const;

/** How a data-plane thread is started and who listens to it. */
export type DataPlaneThreadOptions<Event> = {
  /** The module that runs in the thread. */
  readonly module: URL;
  /** What the module gets as `workerData`. */
  readonly data: unknown;
  readonly onEvent: (event: Event) => void;
  readonly onFrames: (frames: readonly TappedFrame[]) => void;
  /** The thread ended without being told to: its device is gone, a bug, or no memory. Called once. */
  readonly onFailure: (error: Error) => void;
};

/** The data plane's thread as the control plane sees it. */
export class DataPlaneThread<Command, Event> {
  /** The TUN device's name as the kernel gave it. */
  readonly interfaceName: string;
  readonly #refusal: string | null;
  readonly #worker: Worker;
  readonly #wakeFd: number;
  readonly #options: DataPlaneThreadOptions<Event>;
  readonly #exited: Promise<void>;
  readonly #waiting = new Map<number, (status: ThreadStatus) => void>();
  readonly #waitingForReasons = new Map<number, (bundles: readonly BundleExplanation[]) => void>();
  readonly #waitingForSchedulers = new Map<number, (schedulers: BundleSchedulers) => void>();
  #nextId = 0;
  #isStopping = false;
  #failure: Error | undefined;

  private constructor(
    worker: Worker,
    ready: ThreadReport<Event> & { kind: "ready" },
    options: DataPlaneThreadOptions<Event>,
  ) {
    this.#worker = worker;
    this.#wakeFd = ready.wakeFd;
    this.#options = options;
    this.interfaceName = ready.interfaceName;
    this.#refusal = ready.refusal;
    this.#exited = new Promise((resolve) => {
      worker.once("exit", (code) => {
        this.#onExit(code);
        resolve();
      });
    });
    worker.on("message", (report: ThreadReport<Event>) => this.#handle(report));
    worker.on("error", (error) => {
      this.#failure ??= error;
    });
  }

  /** Starts the thread; throws SystemError when it cannot open what it needs. */
  static async start<Command, Event>(
    options: DataPlaneThreadOptions<Event>,
  ): Promise<DataPlaneThread<Command, Event>> {
    for (const flag of COLLECT_SOON) setFlagsFromString(flag);
    const worker = new Worker(options.module, { workerData: options.data, resourceLimits: RESOURCE_LIMITS });
    const report = await firstReport<Event>(worker);
    if (report?.kind === "ready") return new DataPlaneThread<Command, Event>(worker, report, options);
    await worker.terminate();
    throw report?.kind === "failed" ? new SystemError(report) : new Error("the data plane's thread did not start");
  }

  /** Tells the operator when the thread has not the priority that was wanted. */
  logRefusal(log: Logger): void {
    if (this.#refusal === null) return;
    const hint = "allow it with LimitNICE or CAP_SYS_NICE, or set nice = 0";
    log.info({ code: this.#refusal, hint }, "packets get no more of the processor than other programs");
  }

  /** Asks the thread to do something. */
  tell(command: Command): void {
    this.#post({ kind: "command", command });
  }

  /** What the thread knows now; nothing once it has ended. */
  async status(): Promise<ThreadStatus> {
    const id = this.#nextId++;
    const answer = new Promise<ThreadStatus>((resolve) => this.#waiting.set(id, resolve));
    this.#post({ kind: "status", id });
    return await Promise.race([answer, this.#exited.then(() => ({ bundles: [], drops: {} }))]);
  }

  /** What was decided lately in the bundles; nothing once the thread has ended. */
  async explain(filter: ExplanationFilter): Promise<readonly BundleExplanation[]> {
    const id = this.#nextId++;
    const answer = new Promise<readonly BundleExplanation[]>((resolve) => this.#waitingForReasons.set(id, resolve));
    this.#post({ kind: "explain", id, filter });
    return await Promise.race([answer, this.#exited.then(() => [])]);
  }

  /** The bundles' schedulers, after they were switched as asked for; undefined once the thread has ended. */
  async scheduler(request: SchedulerRequest): Promise<BundleSchedulers | undefined> {
    const id = this.#nextId++;
    const answer = new Promise<BundleSchedulers>((resolve) => this.#waitingForSchedulers.set(id, resolve));
    this.#post({ kind: "scheduler", id, request });
    return await Promise.race([answer, this.#exited.then(() => undefined)]);
  }

  /** Starts or ends the copying of frames. */
  capture(isWanted: boolean): void {
    this.#post({ kind: "capture", isWanted });
  }

  /** Ends the thread in order, and waits for its end. */
  async stop(): Promise<void> {
    if (!this.#isStopping) {
      this.#isStopping = true;
      this.#post({ kind: "stop" });
    }
    const overdue = setTimeout(() => void this.#worker.terminate(), STOP_LIMIT_MS);
    await this.#exited;
    clearTimeout(overdue);
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
      case "explanation":
        this.#waitingForReasons.get(report.id)?.(report.bundles);
        this.#waitingForReasons.delete(report.id);
        return;
      case "schedulers":
        this.#waitingForSchedulers.get(report.id)?.(report.schedulers);
        this.#waitingForSchedulers.delete(report.id);
        return;
      case "failed":
        this.#failure = new SystemError(report);
        return;
      case "frames":
        this.#options.onFrames(report.frames);
        this.#post({ kind: "captured", bytes: report.frames.reduce((sum, { bytes }) => sum + bytes.length, 0) });
    }
  }

  #onExit(code: number): void {
    this.#waiting.clear();
    this.#waitingForReasons.clear();
    this.#waitingForSchedulers.clear();
    if (this.#isStopping && this.#failure === undefined) return;
    this.#isStopping = true;
    this.#options.onFailure(this.#failure ?? new Error(`the data plane ended with code ${code}`));
  }
}

/** The URL of a module beside the one at `url`, as source or compiled. */
export function moduleBeside(name: string, url: string): URL {
  return new URL(`./${name}${url.endsWith(".ts") ? ".ts" : ".js"}`, url);
}

// The thread's first word, or undefined when it ended without one; throws what it threw.
async function firstReport<Event>(worker: Worker): Promise<ThreadReport<Event> | undefined> {
  const [report]: ThreadReport<Event>[] = await Promise.race([
    once(worker, "message"),
    once(worker, "exit").then(() => []),
  ]);
  return report;
}
