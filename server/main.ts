import type { ServerConfig } from "./server-config.ts";

/** Runs the server until `signal` is aborted and answers the exit code. */
export async function runServer(
  _config: ServerConfig,
  _options: { readonly dryRun: boolean; readonly signal: AbortSignal },
): Promise<number> {
  throw new Error("the server is not built yet");
}

/** What the server would do to this machine, a line each. */
export async function planServer(_config: ServerConfig): Promise<readonly string[]> {
  throw new Error("the server is not built yet");
}
