import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { requestStatus } from "../../../shared/observe/control-client.ts";
import type { BundleStatus, StatusSnapshot } from "../../../shared/observe/status-snapshot.ts";
import { ROOT } from "../../support/checkout.ts";
import type { Lab } from "./lab.ts";
import type { Exit, LabProcess } from "./lab-process.ts";
import type { Namespace } from "./namespace.ts";
import { runCommand } from "./run-command.ts";
import { waitUntil } from "./wait.ts";

const DEVICE = "hawser0";
const PROGRAM = "shared/cli/main.js";

/** One of our daemons in a namespace: `hawser client` or `hawser server` with a file of its own, mode 0600. */
export class Daemon {
  readonly file: string;
  readonly socket: string;
  readonly #lab: Lab;
  readonly #namespace: Namespace;
  readonly #role: "client" | "server";
  readonly #runDirectory: string;
  #process: LabProcess | undefined;

  /** Writes the file, but does not start the daemon. Daemons of a lab have different names. */
  constructor(lab: Lab, namespace: Namespace, role: "client" | "server", name: string, config: string) {
    this.#lab = lab;
    this.#namespace = namespace;
    this.#role = role;
    this.#runDirectory = join(lab.directory, `run-${name}`);
    this.socket = join(lab.directory, `${name}.sock`);
    this.file = join(lab.directory, `${name}.conf`);
    mkdirSync(this.#runDirectory, { mode: 0o700 });
    const withSocket = config.replace(/^(; )?control_socket = .*$/m, `control_socket = "${this.socket}"`);
    writeFileSync(this.file, withSocket, { mode: 0o600 });
  }

  /** The running process. Throws when the daemon was not started. */
  get process(): LabProcess {
    if (this.#process === undefined) throw new Error(`${this.file}: the daemon was not started`);
    return this.#process;
  }

  /** Starts the daemon, or starts it again after its end; `nodeOptions` are for Node.js itself. */
  start(nodeOptions: readonly string[] = []): void {
    const environment = { HAWSER_RUN_DIRECTORY: this.#runDirectory, HAWSER_STATE_DIRECTORY: this.#runDirectory };
    const args = [this.#role, "-c", this.file];
    this.#process = this.#lab.startProgram(this.#namespace, PROGRAM, args, { environment, nodeOptions });
  }

  /** Ends it by SIGTERM and waits until it has cleaned up. Throws when its exit code is not 0. */
  async stop(): Promise<void> {
    this.process.signal("SIGTERM");
    await this.process.success(10_000);
  }

  /** Ends it by SIGKILL, so that it cannot clean up. */
  async kill(): Promise<Exit> {
    this.process.signal("SIGKILL");
    return await this.process.end(10_000);
  }

  /** What the daemon says of itself. Throws when it does not answer. */
  async status(): Promise<StatusSnapshot> {
    return await requestStatus(this.socket);
  }

  /** Waits until so many links in all its bundles are up, and answers the bundles. Throws, with the daemon's output. */
  async untilUp(links: number, withinMs = 10_000): Promise<readonly BundleStatus[]> {
    const { process: daemon } = this;
    const wanted = `the ${this.#role} has ${links} links up`;
    const bundles = await waitUntil(wanted, withinMs, async () => {
      if (daemon.exit !== undefined) return "ended";
      const { bundles: all } = await this.status();
      return all.flatMap((bundle) => bundle.links).filter(({ state }) => state === "up").length >= links && all;
    }).catch((cause) => {
      throw new Error(`${cause.message}; its output:\n${daemon.output}`, { cause });
    });
    if (bundles === "ended")
      throw new Error(`the ${this.#role} ended before ${wanted}; its output:\n${daemon.output}`);
    return bundles;
  }

  /**
   * Waits until its host sends what is for `target` into the tunnel: links are up a little before routes are set, and a
   * connection that began by a line's own route breaks when the route moves.
   */
  async untilRouting(target: string, withinMs = 10_000): Promise<void> {
    await waitUntil(`the ${this.#role} routes ${target} into the tunnel`, withinMs, async () => {
      return (await this.#namespace.run("ip", "route", "get", target)).includes(`dev ${DEVICE}`);
    });
  }
}

/** Runs a command of ours that ends by itself, such as `genkey`, and answers its output. Throws when it fails. */
export async function runHawser(...args: readonly string[]): Promise<string> {
  return await runCommand(process.execPath, [join(ROOT, "dist", PROGRAM), ...args]);
}

/** A new secret for two daemons. */
export async function newSecret(): Promise<string> {
  return (await runHawser("genkey")).trim();
}
