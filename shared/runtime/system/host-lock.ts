import { spawn } from "node:child_process";
import { once } from "node:events";
import { SystemError } from "../system-error.ts";
import { systemErrorOf } from "./host-file.ts";
import { ENVIRONMENT, isNotFound, notInstalled } from "./run-command.ts";

const WAIT_LIMIT_MS = 20_000;

/**
 * Runs `work` while no other process holds the lock on `path`. The kernel frees the lock when its holder dies, however
 * it dies. Throws SystemError when the lock is not to be had for a while.
 */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  // Node has no flock(2): flock(1) takes it and runs cat, whose echo says that the lock is held and which ends with us.
  const holder = spawn("flock", ["-x", path, "cat"], {
    stdio: ["pipe", "pipe", "ignore"],
    detached: true,
    env: ENVIRONMENT,
  });
  const ended = once(holder, "close").catch(() => {});
  holder.stdin.on("error", () => {});
  holder.stdin.write("?");
  try {
    await Promise.race([once(holder.stdout, "data", { signal: AbortSignal.timeout(WAIT_LIMIT_MS) }), failed(holder)]);
  } catch (error) {
    holder.kill("SIGKILL");
    throw lockError(error, path);
  }
  try {
    return await work();
  } finally {
    holder.stdin.end();
    await ended;
  }
}

async function failed(holder: ReturnType<typeof spawn>): Promise<never> {
  const [status] = await once(holder, "exit");
  throw new SystemError({ code: "EXIT", operation: `flock: exit status ${status}` });
}

function lockError(error: unknown, path: string): SystemError {
  const operation = `lock ${path}`;
  if (error instanceof Error && error.name === "AbortError") {
    const hint = "another hawser holds it for too long: look for a hanging `ip` or `nft`";
    return new SystemError({ code: "ETIMEDOUT", operation, hint, cause: error });
  }
  if (isNotFound(error)) return notInstalled("flock", error);
  return systemErrorOf(error, operation);
}
