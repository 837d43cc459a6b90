import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { within } from "./wait.ts";

/** How a process ended: by itself with a code, or by a signal. */
export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/** What a process is started with, besides its command. */
export type ProcessOptions = {
  readonly environment?: Readonly<Record<string, string>>;
  /** Adds a channel for `send` and `onMessage`, for a Node.js process that uses `process.send`. */
  readonly hasChannel?: boolean;
};

const LAST_OUTPUT_MS = 300;

type LineWaiter = { readonly pattern: RegExp; readonly resolve: (match: RegExpMatchArray) => void };

/** A process of the lab: keeps every line that it writes, and lets a test wait for one. */
export class LabProcess {
  readonly name: string;
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #waiters = new Set<LineWaiter>();
  readonly #listeners: ((line: string) => void)[] = [];
  #exit: Exit | undefined;

  constructor(name: string, command: string, args: readonly string[], options: ProcessOptions = {}) {
    this.name = name;
    this.#child = spawn(command, args, {
      stdio: ["ignore", "pipe", "pipe", ...(options.hasChannel === true ? ["ipc" as const] : [])],
      serialization: "advanced",
      env: { ...process.env, ...options.environment },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      if (stream) createInterface({ input: stream }).on("line", (line) => this.#take(line));
    this.exited = this.#end();
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get exit(): Exit | undefined {
    return this.#exit;
  }

  /** All that the process has written so far, standard error included. */
  get output(): string {
    return this.#lines.join("\n");
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Calls a listener for each line as it is written from now on. */
  onLine(listener: (line: string) => void): void {
    this.#listeners.push(listener);
  }

  /** The first line, past or to come, that matches. Throws, with the output, when the process ends or is too late. */
  async line(pattern: RegExp, withinMs = 10_000): Promise<RegExpMatchArray> {
    for (const line of this.#lines) {
      const match = line.match(pattern);
      if (match !== null) return match;
    }
    const found = new Promise<RegExpMatchArray>((resolve) => this.#waiters.add({ pattern, resolve }));
    const ended = this.exited.then(({ code, signal }) => Promise.reject(new Error(`it ended (${code ?? signal})`)));
    try {
      return await within(`it wrote ${pattern}`, withinMs, Promise.race([found, ended]));
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** Waits for the end. Throws, with the output, when it takes too long or the exit code is not 0. */
  async success(withinMs: number): Promise<string> {
    const exit = await this.end(withinMs);
    if (exit.code !== 0) throw this.#failure(new Error(`it ended (${exit.code ?? exit.signal})`));
    return this.output;
  }

  /** Waits for the end, however it comes. Throws, with the output, when it takes too long. */
  async end(withinMs: number): Promise<Exit> {
    try {
      return await within("it ended", withinMs, this.exited);
    } catch (error) {
      throw this.#failure(error);
    }
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#exit === undefined) this.#child.kill(signal);
  }

  /** Ends the process by SIGTERM and waits for it; throws when it does not end in time. */
  async stop(withinMs = 10_000): Promise<Exit> {
    this.signal("SIGTERM");
    return await this.end(withinMs);
  }

  /** Sends a message over the channel of a process that was started with one. */
  send(message: Parameters<NonNullable<ChildProcess["send"]>>[0]): void {
    this.#child.send(message);
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#child.on("message", listener);
  }

  // What it wrote last comes after its end; but its own children may keep the pipes open for as long as they like.
  async #end(): Promise<Exit> {
    const exit = await new Promise<Exit>((resolve) => {
      this.#child.once("exit", (code, signal) => resolve({ code, signal }));
      this.#child.once("error", (error) => {
        this.#take(String(error));
        resolve({ code: null, signal: null });
      });
    });
    const closed = new Promise((resolve) => this.#child.once("close", resolve));
    await within("its output ended", LAST_OUTPUT_MS, closed).catch(() => undefined);
    this.#exit = exit;
    return exit;
  }

  #take(line: string): void {
    this.#lines.push(line);
    for (const listener of this.#listeners) listener(line);
    for (const waiter of this.#waiters) {
      const match = line.match(waiter.pattern);
      if (match === null) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(match);
    }
  }

  #failure(cause: unknown): Error {
    const what = cause instanceof Error ? cause.message : String(cause);
    return new Error(`${this.name}: ${what}; its output:\n${this.output}`, { cause });
  }
}
