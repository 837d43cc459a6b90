import { lstat, mkdir, rm } from "node:fs/promises";
import type { Server, Socket } from "node:net";
import { connect, createServer } from "node:net";
import { dirname } from "node:path";
import { SystemError } from "../runtime/system-error.ts";
import { CaptureSink } from "./capture-sink.ts";
import { type ControlRequest, parseControlRequest } from "./control-request.ts";
import { errnoName } from "./errno.ts";
import type { Explanation, ExplanationFilter } from "./explanation.ts";
import type { SchedulerAnswer, SchedulerRequest } from "./scheduler-switch.ts";
import type { StatusSnapshot } from "./status-snapshot.ts";

/** What the daemon does for the clients of its control socket. What they throw is told to the client. */
export type ControlHandlers = {
  status(): StatusSnapshot | Promise<StatusSnapshot>;
  explain(filter: ExplanationFilter): Explanation | Promise<Explanation>;
  scheduler(request: SchedulerRequest): SchedulerAnswer | Promise<SchedulerAnswer>;
  /** Starts giving frames to the sink, at the latest until the signal is aborted. */
  capture(sink: CaptureSink, signal: AbortSignal): void;
};

const DIRECTORY_MODE = 0o700;
/** Takes everything but reading and writing by the owner from the socket's mode. */
const SOCKET_MASK = 0o177;
const MAXIMUM_CLIENTS = 64;
const MAXIMUM_REQUEST_BYTES = 4096;
const REQUEST_TIMEOUT_MS = 5000;
const BIND_ATTEMPTS = 3;

/**
 * The daemon's side of the control socket, a unix socket that only its owner may use. A client sends one line of JSON:
 * `{"request":"status"}` is answered by a `StatusSnapshot`; `{"request":"explain"}`, with those of an
 * `ExplanationFilter`, by an `Explanation`; `{"request":"scheduler"}`, with those of a `SchedulerRequest`, by a
 * `SchedulerAnswer`; `{"request":"capture"}`, with the fields of a `CaptureFilter`, by pcapng until either side ends;
 * anything else by `{"error":"…"}`.
 */
export class ControlServer {
  readonly #server: Server;
  readonly #handlers: ControlHandlers;
  readonly #sockets = new Set<Socket>();
  readonly #captures = new Map<CaptureSink, AbortController>();

  private constructor(handlers: ControlHandlers) {
    this.#handlers = handlers;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
    this.#server.maxConnections = MAXIMUM_CLIENTS;
  }

  /**
   * Listens at a path, whose directory is made when missing. The socket of a daemon that died is replaced.
   * Throws a `SystemError`, with code EADDRINUSE when a living daemon listens there. Main thread only (umask).
   */
  static async listen(path: string, handlers: ControlHandlers): Promise<ControlServer> {
    const control = new ControlServer(handlers);
    try {
      await mkdir(dirname(path), { recursive: true, mode: DIRECTORY_MODE });
    } catch (error) {
      throw systemError(error, `create ${dirname(path)}`);
    }
    await bind(control.#server, path);
    return control;
  }

  /** Ends every capture, hangs up and removes the socket. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const [sink, stop] of this.#captures) {
      stop.abort();
      sink.end(Date.now());
    }
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    // A client that hung up is no error of ours; "close" follows.
    socket.on("error", () => {});
    socket.setTimeout(REQUEST_TIMEOUT_MS, () => socket.destroy());
    readLine(socket, (line) => {
      socket.setTimeout(0);
      void this.#answer(socket, line);
    });
  }

  async #answer(socket: Socket, line: string): Promise<void> {
    const parsed = parseControlRequest(line);
    try {
      if ("error" in parsed) throw new Error(parsed.error);
      await this.#do(parsed.request, socket);
    } catch (error) {
      socket.end(`${JSON.stringify({ error: error instanceof Error ? error.message : String(error) })}\n`);
    }
  }

  async #do({ request, ...details }: ControlRequest, socket: Socket): Promise<void> {
    const say = (answer: StatusSnapshot | Explanation | SchedulerAnswer): void => {
      socket.end(`${JSON.stringify(answer)}\n`);
    };
    switch (request) {
      case "status":
        return say(await this.#handlers.status());
      case "explain":
        return say(await this.#handlers.explain(details));
      case "scheduler":
        return say(await this.#handlers.scheduler(details));
      case "capture":
        this.#capture(socket, new CaptureSink(socket, details));
    }
  }

  #capture(socket: Socket, sink: CaptureSink): void {
    const stop = new AbortController();
    this.#captures.set(sink, stop);
    socket.once("end", () => {
      stop.abort();
      sink.end(Date.now());
    });
    socket.once("close", () => {
      this.#captures.delete(sink);
      stop.abort();
      sink.end(Date.now());
    });
    this.#handlers.capture(sink, stop.signal);
    sink.begin();
  }
}

function readLine(socket: Socket, onLine: (line: string) => void): void {
  let text = "";
  let isDone = false;
  socket.setEncoding("utf8");
  // The listener stays: only a stream that is read tells that the other side has ended.
  socket.on("data", (piece: string) => {
    if (isDone) return;
    text += piece;
    const end = text.indexOf("\n");
    if (end < 0 && text.length <= MAXIMUM_REQUEST_BYTES) return;
    isDone = true;
    if (end >= 0 && end <= MAXIMUM_REQUEST_BYTES) onLine(text.slice(0, end));
    else socket.end(`${JSON.stringify({ error: `a request has at most ${MAXIMUM_REQUEST_BYTES} bytes` })}\n`);
  });
  socket.once("end", () => {
    if (!isDone) socket.destroy();
  });
}

async function bind(server: Server, path: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const failure = await tryListen(server, path);
    if (failure === undefined) return;
    if (errnoName(failure) !== "EADDRINUSE" || attempt === BIND_ATTEMPTS) {
      throw systemError(failure, `listen on ${path}`);
    }
    await removeStale(path);
  }
}

async function tryListen(server: Server, path: string): Promise<unknown> {
  const outcome = new Promise<unknown>((resolve) => {
    const onError = (error: unknown): void => resolve(error);
    server.once("error", onError);
    server.once("listening", () => {
      server.off("error", onError);
      resolve(undefined);
    });
  });
  // Node binds a path within `listen`, so the mask holds for the socket and for nothing else.
  const mask = process.umask(SOCKET_MASK);
  try {
    server.listen(path);
  } finally {
    process.umask(mask);
  }
  return await outcome;
}

async function removeStale(path: string): Promise<void> {
  const operation = `listen on ${path}`;
  const entry = await lstat(path).catch(() => undefined);
  if (entry === undefined) return;
  if (!entry.isSocket()) {
    throw new SystemError({ code: "EADDRINUSE", operation, hint: "there is a file of this name; remove it" });
  }
  if (await answers(path)) {
    const hint = "already running: another daemon has this interface; stop it, or set another interface_name";
    throw new SystemError({ code: "EADDRINUSE", operation, hint });
  }
  await rm(path, { force: true });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", (error) => resolve(!["ECONNREFUSED", "ENOENT"].includes(errnoName(error))));
  });
}

function systemError(error: unknown, operation: string): SystemError {
  const code = errnoName(error);
  const hint = code === "EACCES" || code === "EPERM" ? "run as root" : "";
  return new SystemError({ code, operation, hint, cause: error });
}
