import type { ClientConfig } from "./client-config.ts";

/** Runs the client until `signal` is aborted and answers the exit code. */
export async function runClient(
  _config: ClientConfig,
  _options: { readonly dryRun: boolean; readonly signal: AbortSignal },
): Promise<number> {
  throw new Error("the client is not built yet");
}

/** What the client would do to this machine, a line each. */
export async function planClient(_config: ClientConfig): Promise<readonly string[]> {
  throw new Error("the client is not built yet");
}
