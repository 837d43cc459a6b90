import { Worker } from "node:worker_threads";
import type { CellRunner } from "./measured-case.ts";
import type { Selection } from "./selection.ts";

/** What a worker is asked: a cell of a case. */
export type CellRequest = { readonly name: string; readonly index: number; readonly selection: Selection };

/** What it answers. */
export type CellAnswer<Result> =
  | { readonly kind: "measured"; readonly result: Result }
  | { readonly kind: "failed"; readonly message: string };

/** Threads that measure cells, each one at a time. */
export class CellWorkers {
  readonly #idle: Worker[];
  readonly #all: readonly Worker[];
  readonly #waiting: ((worker: Worker) => void)[] = [];

  constructor(count: number) {
    this.#all = Array.from({ length: count }, () => new Worker(new URL("./cell-worker.js", import.meta.url)));
    this.#idle = [...this.#all];
  }

  /** Measures the cells of a case; an error in one rejects its promise. */
  runner(name: string, selection: Selection): CellRunner {
    return { run: (index) => this.#run({ name, index, selection }) };
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((worker) => worker.terminate()));
  }

  async #run<Result>(request: CellRequest): Promise<Result> {
    const worker = this.#idle.pop() ?? (await new Promise<Worker>((resolve) => this.#waiting.push(resolve)));
    try {
      return await ask<Result>(worker, request);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#idle.push(worker);
      else next(worker);
    }
  }
}

function ask<Result>(worker: Worker, request: CellRequest): Promise<Result> {
  return new Promise((resolve, reject) => {
    worker.removeAllListeners();
    worker.once("error", reject);
    worker.once("message", (answer: CellAnswer<Result>) => {
      if (answer.kind === "measured") resolve(answer.result);
      else reject(new Error(answer.message));
    });
    worker.postMessage(request);
  });
}
