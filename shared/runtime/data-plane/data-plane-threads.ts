import type { BundleExplanation, ExplanationFilter } from "../../observe/explanation.ts";
import type { Logger } from "../../observe/log.ts";
import type { BundleSchedulers, SchedulerRequest } from "../../observe/scheduler-switch.ts";
import { DataPlaneThread, type DataPlaneThreadOptions } from "./data-plane-thread.ts";
import type { ThreadStatus } from "./thread-messages.ts";

/** How data-plane threads are started and who listens to them. */
export type DataPlaneThreadsOptions<Event> = Pick<DataPlaneThreadOptions<Event>, "module" | "onFrames"> & {
  /** What each thread gets as `workerData`. */
  readonly data: readonly unknown[];
  /** `thread` is the place in `data`. */
  readonly onEvent: (event: Event, thread: number) => void;
  /** As `DataPlaneThreadOptions.onFailure`, once for each thread that fails. */
  readonly onFailure: (error: Error) => void;
};

/** Several data-plane threads that the control plane asks as if they were one. */
export class DataPlaneThreads<Command, Event> {
  readonly #threads: readonly DataPlaneThread<Command, Event>[];

  private constructor(threads: readonly DataPlaneThread<Command, Event>[]) {
    this.#threads = threads;
  }

  /** Starts the threads at the same time. Throws SystemError when one cannot open what it needs; then none is left. */
  static async start<Command, Event>(
    options: DataPlaneThreadsOptions<Event>,
  ): Promise<DataPlaneThreads<Command, Event>> {
    const { data, onEvent, ...common } = options;
    const starts = await Promise.allSettled(
      data.map((one, number) => {
        const thread = { ...common, data: one, onEvent: (event: Event) => onEvent(event, number) };
        return DataPlaneThread.start<Command, Event>(thread);
      }),
    );
    const threads = starts.flatMap((start) => (start.status === "fulfilled" ? [start.value] : []));
    const failed = starts.find((start) => start.status === "rejected");
    if (failed === undefined) return new DataPlaneThreads(threads);
    await Promise.all(threads.map((thread) => thread.stop()));
    throw failed.reason;
  }

  /** As `DataPlaneThread.logRefusal`, once for all. */
  logRefusal(log: Logger): void {
    this.#threads[0]?.logRefusal(log);
  }

  /** Asks all threads to do something. */
  tell(command: Command): void {
    for (const thread of this.#threads) thread.tell(command);
  }

  /** What the threads know together. */
  async status(): Promise<ThreadStatus> {
    const all = await Promise.all(this.#threads.map((thread) => thread.status()));
    const drops: Record<string, number> = {};
    for (const status of all) {
      for (const [reason, count] of Object.entries(status.drops)) drops[reason] = (drops[reason] ?? 0) + count;
    }
    return { bundles: all.flatMap(({ bundles }) => bundles), drops };
  }

  /** What was decided lately in the bundles of all threads. */
  async explain(filter: ExplanationFilter): Promise<readonly BundleExplanation[]> {
    return (await Promise.all(this.#threads.map((thread) => thread.explain(filter)))).flat();
  }

  /** As `DataPlaneThread.scheduler`, for the bundles of all threads; undefined once one of them has ended. */
  async scheduler(request: SchedulerRequest): Promise<BundleSchedulers | undefined> {
    const all = await Promise.all(this.#threads.map((thread) => thread.scheduler(request)));
    const answers = all.filter((answer) => answer !== undefined);
    const [first] = answers;
    if (first === undefined || answers.length < all.length) return undefined;
    return { bundles: answers.flatMap(({ bundles }) => bundles), newBundles: first.newBundles };
  }

  /** Starts or ends the copying of frames. */
  capture(isWanted: boolean): void {
    for (const thread of this.#threads) thread.capture(isWanted);
  }

  /** Ends all threads in order, and waits for their end. */
  async stop(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.stop()));
  }
}
