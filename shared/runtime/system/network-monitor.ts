import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { ENVIRONMENT } from "./run-command.ts";

// A cable pulled or a lease renewed comes as a handful of messages: read the result once, not each step.
const QUIET_MS = 50;
// `ip` does not say when the kernel has begun to tell it; what happens before is found by one more look.
const SUBSCRIPTION_MS = 500;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 30_000;

/** Follows the host's network through `ip monitor`, as a trigger only: the one who is told reads what there is. */
export class NetworkMonitor {
  #hasChanged = true;
  #wake: () => void = () => {};

  /**
   * Yields at once, and whenever a device, address, route or policy rule of the host changed. Changes that come
   * together, or while the caller is busy, are one. Ends when `signal` is aborted. Costs nothing while nothing changes.
   */
  async *changes(signal: AbortSignal): AsyncGenerator<void, void, void> {
    const own = new AbortController();
    const either = AbortSignal.any([signal, own.signal]);
    either.addEventListener("abort", () => this.lookAgain());
    const watching = this.#watch(either);
    try {
      while (!either.aborted) {
        this.#hasChanged = false;
        yield;
        await this.#change();
        await pause(QUIET_MS, either);
      }
    } finally {
      own.abort();
      await watching;
    }
  }

  /** Counts as a change: the caller of `changes` is told. */
  lookAgain(): void {
    this.#hasChanged = true;
    this.#wake();
  }

  async #change(): Promise<void> {
    if (this.#hasChanged) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  async #watch(signal: AbortSignal): Promise<void> {
    let retryAfter = FIRST_RETRY_MS;
    while (!signal.aborted) {
      const hasTold = await this.#runMonitor(signal);
      retryAfter = hasTold ? FIRST_RETRY_MS : Math.min(retryAfter * 2, LAST_RETRY_MS);
      await pause(retryAfter, signal);
      this.lookAgain();
    }
  }

  // Answers whether it told anything before it ended.
  async #runMonitor(signal: AbortSignal): Promise<boolean> {
    const child = spawn("ip", ["-o", "monitor", "link", "address", "route", "rule"], {
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
      env: ENVIRONMENT,
    });
    const stop = () => child.kill("SIGKILL");
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    const subscribed = setTimeout(() => this.lookAgain(), SUBSCRIPTION_MS);
    let hasTold = false;
    const tell = () => {
      hasTold = true;
      this.lookAgain();
    };
    child.stdout.on("data", tell);
    // A lost message ("No buffer space available") is told here, and is a change as well.
    child.stderr.on("data", tell);
    await once(child, "close").catch(() => {});
    clearTimeout(subscribed);
    signal.removeEventListener("abort", stop);
    return hasTold;
  }
}

async function pause(time: number, signal: AbortSignal): Promise<void> {
  await delay(time, undefined, { signal }).catch(() => {});
}
