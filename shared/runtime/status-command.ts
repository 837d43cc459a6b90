import { spawn } from "node:child_process";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { systemErrorOf } from "./system/host-file.ts";
import { ENVIRONMENT } from "./system/run-command.ts";
import { SystemError } from "./system-error.ts";

/** What a status command is told of, in mlvpn's words: a link or the whole tunnel went up or down. */
export type StatusEvent = "rtun_up" | "rtun_down" | "tuntap_up" | "tuntap_down";

/** What a status command finds in its environment; lists are separated by spaces, what is not known is empty. */
export type StatusEnvironment = {
  readonly IP4?: string;
  readonly IP6?: string;
  readonly IP4_GATEWAY?: string;
  readonly IP6_GATEWAY?: string;
  readonly IP4_ROUTES?: string;
  readonly IP6_ROUTES?: string;
  readonly DEVICE: string;
  readonly MTU: string;
};

/** Which script is called for which TUN device, and who is told when it fails. */
export type StatusCommandOptions = {
  readonly script: string;
  readonly interfaceName: string;
  readonly onFailure: (error: SystemError) => void;
  readonly timeLimitMs?: number;
};

const TIME_LIMIT_MS = 30_000;
// A script that hangs while a line flaps must not collect calls without end.
const WAITING_LIMIT = 100;
const WRITABLE_BY_OTHERS = 0o022;
const EXECUTABLE = 0o111;
const UNKNOWN = { IP4: "", IP6: "", IP4_GATEWAY: "", IP6_GATEWAY: "", IP4_ROUTES: "", IP6_ROUTES: "" };

/**
 * Calls a script of the operator's as mlvpn does: `SCRIPT IFNAME EVENT [LINK]`. Calls run one after the other, in order,
 * and nothing waits for them; a script that fails or takes too long is told to `onFailure` and changes nothing else.
 */
export class StatusCommand {
  readonly #options: StatusCommandOptions;
  readonly #ended = new AbortController();
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(options: StatusCommandOptions) {
    this.#options = options;
  }

  /** Calls the script for an event, after those that were told before. `link` belongs to the `rtun` events. */
  tell(event: StatusEvent, environment: StatusEnvironment, link?: string): void {
    const { script, interfaceName, onFailure, timeLimitMs } = this.#options;
    if (this.#waiting >= WAITING_LIMIT) {
      const hint = `${WAITING_LIMIT} earlier events still wait for it: this one is left out`;
      onFailure(new SystemError({ code: "EBUSY", operation: `${script} ${interfaceName} ${event}`, hint }));
      return;
    }
    this.#waiting++;
    const { signal } = this.#ended;
    this.#last = this.#last.then(async () => {
      try {
        if (signal.aborted) return;
        await runStatusCommand({ script, interfaceName, event, environment, link, timeLimitMs, signal });
      } catch (error) {
        onFailure(systemErrorOf(error, `run ${script}`));
      } finally {
        this.#waiting--;
      }
    });
  }

  /** Waits for the calls that were told so far; each ends within the time limit. */
  async idle(): Promise<void> {
    await this.#last;
  }

  /** Waits like `idle`, but so long at most: then what runs is killed and what waits is left out. */
  async end(limitMs: number): Promise<void> {
    const timer = setTimeout(() => this.#ended.abort(), limitMs);
    await this.#last;
    clearTimeout(timer);
  }
}

/** One call of a status command. */
export type StatusCall = {
  readonly script: string;
  readonly interfaceName: string;
  readonly event: StatusEvent;
  readonly environment: StatusEnvironment;
  readonly link?: string | undefined;
  readonly timeLimitMs?: number | undefined;
  /** Kills it when aborted. */
  readonly signal?: AbortSignal | undefined;
};

/** Runs a status command once, to its end or its time limit. Throws SystemError when it is unsafe, fails or is killed. */
export async function runStatusCommand(call: StatusCall): Promise<void> {
  const { script, interfaceName, event, environment, link, timeLimitMs = TIME_LIMIT_MS, signal } = call;
  await requireSafeScript(script);
  const operation = [script, interfaceName, event, link].filter((word) => word !== undefined).join(" ");
  const child = spawn(script, [interfaceName, event, ...(link === undefined ? [] : [link])], {
    // A group of its own, so that what the script has started ends with it.
    detached: true,
    stdio: "ignore",
    env: { ...UNKNOWN, ...environment, PATH: ENVIRONMENT.PATH },
  });
  let isOverdue = false;
  const stop = (): void => killGroup(child.pid);
  const timer = setTimeout(() => {
    isOverdue = true;
    stop();
  }, timeLimitMs);
  signal?.addEventListener("abort", stop);
  if (signal?.aborted === true) stop();
  try {
    const [status, killedBy]: unknown[] = await once(child, "exit");
    if (status === 0) return;
    const hint = isOverdue ? `killed after ${timeLimitMs / 1000} s` : `exit status ${status ?? killedBy}`;
    throw new SystemError({ code: isOverdue ? "ETIMEDOUT" : "EXIT", operation, hint });
  } catch (error) {
    throw systemErrorOf(error, operation);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}

/** Throws SystemError unless a script may run with our rights: root's or ours, and nobody else can write to it. */
export async function requireSafeScript(script: string): Promise<void> {
  const operation = `use statuscommand ${script}`;
  const refuse = (code: string, hint: string) => new SystemError({ code, operation, hint });
  const found = await stat(script).catch((error: unknown) => {
    const { code } = systemErrorOf(error, operation);
    throw refuse(code, code === "ENOENT" ? "there is no such file" : "");
  });
  if (!found.isFile()) throw refuse("EACCES", "it is not a file");
  if (found.uid !== 0 && found.uid !== process.geteuid?.()) throw refuse("EACCES", `chown root ${script}`);
  if ((found.mode & WRITABLE_BY_OTHERS) !== 0) throw refuse("EACCES", `chmod go-w ${script}`);
  if ((found.mode & EXECUTABLE) === 0) throw refuse("EACCES", `chmod +x ${script}`);
}

function killGroup(group: number | undefined): void {
  if (group === undefined) return;
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // It ended at this moment.
  }
}
