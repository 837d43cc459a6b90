import { setTimeout as pause } from "node:timers/promises";

const INTERVAL_MS = 50;

/**
 * Asks `probe` every 50 ms until it answers something else than undefined or false, and answers that. For what tells of
 * itself by no event. Throws after `withinMs`, naming what was awaited and the probe's last error.
 */
export async function waitUntil<T>(
  what: string,
  withinMs: number,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  let lastError: unknown;
  do {
    try {
      const answer = await probe();
      if (answer !== undefined && answer !== false) return answer;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    await pause(INTERVAL_MS);
  } while (performance.now() < deadline);
  throw new Error(`waited ${withinMs} ms in vain until ${what}`, { cause: lastError });
}

/** Awaits a promise for at most `withinMs`, then throws, naming what was awaited. */
export async function within<T>(what: string, withinMs: number, promise: Promise<T>): Promise<T> {
  const controller = new AbortController();
  const late = pause(withinMs, undefined, { signal: controller.signal }).then(
    () => Promise.reject(new Error(`waited ${withinMs} ms in vain until ${what}`)),
    () => new Promise<never>(() => undefined),
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    controller.abort();
  }
}
