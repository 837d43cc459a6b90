import type { Socket } from "node:net";
import { connect } from "node:net";
import { SystemError } from "../runtime/system-error.ts";
import type { CaptureFilter } from "./capture-sink.ts";
import type { ControlRequest } from "./control-request.ts";
import { errnoName } from "./errno.ts";
import { type Explanation, type ExplanationFilter, parseExplanation } from "./explanation.ts";
import { parseSchedulerAnswer, type SchedulerAnswer, type SchedulerRequest } from "./scheduler-switch.ts";
import { parseStatusSnapshot } from "./status-schema.ts";
import type { StatusSnapshot } from "./status-snapshot.ts";

const ANSWER_TIMEOUT_MS = 5000;

/** Asks the daemon at this control socket for its status. Throws a `SystemError` when there is none or it fails. */
export async function requestStatus(path: string): Promise<StatusSnapshot> {
  const parsed = parseStatusSnapshot(await ask(path, { request: "status" }));
  if ("snapshot" in parsed) return parsed.snapshot;
  throw otherVersion(path, parsed.error);
}

/** Asks the daemon at this control socket for its last decisions. Throws as `requestStatus`. */
export async function requestExplanation(path: string, filter: ExplanationFilter = {}): Promise<Explanation> {
  const parsed = parseExplanation(await ask(path, { request: "explain", ...filter }));
  if ("answer" in parsed) return parsed.answer;
  throw otherVersion(path, parsed.error);
}

/** Asks the daemon at this control socket for its schedulers, or to switch them. Throws as `requestStatus`. */
export async function requestScheduler(path: string, request: SchedulerRequest = {}): Promise<SchedulerAnswer> {
  const parsed = parseSchedulerAnswer(await ask(path, { request: "scheduler", ...request }));
  if ("answer" in parsed) return parsed.answer;
  throw otherVersion(path, parsed.error);
}

/** Starts a capture. Ending the socket's writing side makes the daemon finish the stream with its statistics. */
export async function openCapture(path: string, filter: CaptureFilter): Promise<Socket> {
  return await send(path, { request: "capture", ...filter });
}

/** What a daemon said instead of doing what it was asked. */
export function refusal(answer: string, operation: string): SystemError {
  const value = parseAnswer(answer, operation);
  return new SystemError({ code: "EPROTO", operation, hint: `unexpected answer: ${JSON.stringify(value)}` });
}

async function ask(path: string, request: ControlRequest): Promise<unknown> {
  const operation = operationAt(path);
  const socket = await send(path, request);
  socket.setTimeout(ANSWER_TIMEOUT_MS, () => {
    socket.destroy(new SystemError({ code: "ETIMEDOUT", operation, hint: "the daemon does not answer" }));
  });
  return parseAnswer(await readAll(socket, operation), operation);
}

function otherVersion(path: string, error: string): SystemError {
  const hint = `the daemon is of another version than this command; restart it (${error})`;
  return new SystemError({ code: "EPROTO", operation: operationAt(path), hint });
}

const operationAt = (path: string): string => `ask the daemon at ${path}`;

function send(path: string, request: ControlRequest): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, allowHalfOpen: true });
    const onError = (error: unknown): void => reject(connectError(error, path));
    socket.once("error", onError);
    socket.once("connect", () => {
      socket.off("error", onError);
      socket.write(`${JSON.stringify(request)}\n`);
      resolve(socket);
    });
  });
}

async function readAll(socket: Socket, operation: string): Promise<string> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of socket) if (piece instanceof Buffer) pieces.push(piece);
  } catch (error) {
    if (error instanceof SystemError) throw error;
    throw new SystemError({ code: errnoName(error), operation, cause: error });
  } finally {
    socket.destroy();
  }
  return Buffer.concat(pieces).toString();
}

function parseAnswer(text: string, operation: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SystemError({ code: "EPROTO", operation, hint: "the daemon stopped while it answered", cause: error });
  }
  if (typeof value === "object" && value !== null && "error" in value) {
    throw new SystemError({ code: "EPROTO", operation, hint: String(value.error) });
  }
  return value;
}

function connectError(error: unknown, path: string): SystemError {
  const code = errnoName(error);
  const hints: Readonly<Record<string, string>> = {
    ENOENT: "no daemon is running there",
    ECONNREFUSED: "the daemon that made this socket has died; start it again",
    EACCES: "only root may ask the daemon",
  };
  return new SystemError({ code, operation: `connect to ${path}`, hint: hints[code] ?? "", cause: error });
}
