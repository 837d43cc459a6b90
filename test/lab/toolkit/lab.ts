import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { ROOT } from "../../support/checkout.ts";
import { LabProcess, type ProcessOptions } from "./lab-process.ts";
import { Namespace } from "./namespace.ts";
import { runAtExit, runCommand } from "./run-command.ts";

const PREFIX = "hw";
/** What makes a command's TCP Multipath TCP (RFC 8684), when put before it. */
export const MULTIPATH = ["mptcpize", "run"] as const;

const END_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
let labCount = 0;

/**
 * A little internet on one machine: namespaces, the cables between them, and processes in them. Its traffic never leaves
 * it and nothing else on the host changes. `close` removes all of it, as does any end of the process but SIGKILL;
 * after that the next lab does.
 */
export class Lab {
  /** A folder for the lab's files, readable by root only, removed with it. */
  readonly directory: string;
  readonly #prefix: string;
  readonly #namespaces: Namespace[] = [];
  readonly #processes: LabProcess[] = [];
  readonly #onExit = (): void => this.#removeNow();
  readonly #onSignal = (signal: NodeJS.Signals): void => {
    this.#removeNow();
    process.kill(process.pid, signal);
  };
  #cableCount = 0;

  private constructor() {
    this.#prefix = `${PREFIX}${process.pid}-${labCount++}`;
    this.directory = mkdtempSync(join(tmpdir(), "hawser-lab-"));
    process.once("exit", this.#onExit);
    for (const signal of END_SIGNALS) process.once(signal, this.#onSignal);
  }

  static async create(): Promise<Lab> {
    await removeOrphans();
    return new Lab();
  }

  /** Makes a namespace with its loopback up. */
  async namespace(name: string): Promise<Namespace> {
    const namespace = new Namespace(name, `${this.#prefix}-${name}`);
    this.#namespaces.push(namespace);
    await runCommand("ip", ["netns", "add", namespace.fullName]);
    await namespace.ip("link set lo up");
    // Without duplicate address detection an IPv6 address works as soon as it is there.
    await namespace.sysctl({
      "net.ipv4.conf.all.rp_filter": "0",
      "net.ipv4.conf.default.rp_filter": "0",
      "net.ipv6.conf.default.accept_dad": "0",
      "net.ipv6.conf.default.dad_transmits": "0",
      "net.ipv6.conf.default.accept_ra": "0",
    });
    return namespace;
  }

  /** Lays a cable between two namespaces: a device in each, both up, with the addresses given. */
  async connect(a: CableEnd, b: CableEnd): Promise<void> {
    const [nameA, nameB] = [
      `${PREFIX}${process.pid}a${this.#cableCount}`,
      `${PREFIX}${process.pid}b${this.#cableCount}`,
    ];
    this.#cableCount += 1;
    // Made inside the first namespace under names of its own, so that the host never sees it.
    await a.namespace.ip(
      `link add ${nameA} type veth peer name ${nameB}`,
      `link set ${nameB} netns ${b.namespace.fullName} name ${b.device}`,
      `link set ${nameA} name ${a.device}`,
    );
    for (const { namespace, device, addresses, mtu } of [a, b]) {
      await namespace.ip(
        ...(mtu === undefined ? [] : [`link set ${device} mtu ${mtu}`]),
        ...addresses.map((address) => `address add ${address} dev ${device}`),
        `link set ${device} up`,
      );
    }
  }

  /** Starts a command in a namespace. It ends with the lab at the latest. */
  start(namespace: Namespace, command: string, args: readonly string[], options?: ProcessOptions): LabProcess {
    const words = ["netns", "exec", namespace.fullName, command, ...args];
    const started = new LabProcess(`${namespace.name}: ${command} ${args.join(" ")}`, "ip", words, options);
    this.#processes.push(started);
    return started;
  }

  /** Starts a compiled program of this checkout, such as "test/lab/tools/web-server.js", by this Node.js. */
  startProgram(
    namespace: Namespace,
    program: string,
    args: readonly string[],
    { isMultipath = false, nodeOptions = [], ...options }: ProgramOptions = {},
  ): LabProcess {
    const words = [process.execPath, ...nodeOptions, join(ROOT, "dist", program), ...args];
    const [command = "", ...rest] = isMultipath ? [...MULTIPATH, ...words] : words;
    return this.start(namespace, command, rest, options);
  }

  /** Ends every process and removes everything. */
  async close(): Promise<void> {
    this.#removeNow();
    await Promise.all(this.#processes.map(({ exited }) => exited));
    process.off("exit", this.#onExit);
    for (const signal of END_SIGNALS) process.off(signal, this.#onSignal);
  }

  #removeNow(): void {
    for (const started of this.#processes) started.signal("SIGKILL");
    for (const { fullName } of this.#namespaces.splice(0)) removeNamespace(fullName);
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** What a program of this checkout is started with. */
export type ProgramOptions = ProcessOptions & {
  /** Whether its TCP is Multipath TCP (RFC 8684), by mptcpize. */
  readonly isMultipath?: boolean;
  /** Options of Node.js itself, such as --trace-gc. */
  readonly nodeOptions?: readonly string[];
};

/** One end of a cable. */
export type CableEnd = {
  readonly namespace: Namespace;
  readonly device: string;
  /** With their prefix lengths: "192.0.2.1/24". */
  readonly addresses: readonly string[];
  readonly mtu?: number;
};

// What a lab whose process was killed outright has left behind.
async function removeOrphans(): Promise<void> {
  const names = (await runCommand("ip", ["netns", "list"])).split("\n").map((line) => line.split(" ")[0] ?? "");
  for (const name of names) {
    const owner = new RegExp(`^${PREFIX}(\\d+)-\\d+-`).exec(name)?.[1];
    if (owner !== undefined && !existsSync(`/proc/${owner}`)) removeNamespace(name);
  }
}

function removeNamespace(fullName: string): void {
  for (const pid of runAtExit("ip", ["netns", "pids", fullName]).split("\n").filter(Boolean)) kill(Number(pid));
  runAtExit("ip", ["netns", "delete", fullName]);
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
