import type { Transfer } from "../tools/transfer-meter.ts";
import { WEB_ADDRESS } from "./home-network.ts";
import type { Lab, ProgramOptions } from "./lab.ts";
import type { LabProcess } from "./lab-process.ts";
import type { Namespace } from "./namespace.ts";

const SLACK_MS = 30_000;

/** Starts the internet host's web server on port 80 and waits until it listens. */
export async function startWebServer(lab: Lab, web: Namespace, options?: ProgramOptions): Promise<LabProcess> {
  const server = lab.startProgram(web, "test/lab/tools/web-server.js", ["80"], options);
  await server.line(/^ready$/);
  return server;
}

/** The address by which the web server knows who asks from this namespace. Throws when it cannot be reached. */
export async function addressSeenByServer(from: Namespace, server = WEB_ADDRESS, withinMs = 5000): Promise<string> {
  const script = `fetch("http://${host(server)}/address", { signal: AbortSignal.timeout(${withinMs}) })
    .then((answer) => answer.text()).then((text) => process.stdout.write(text.trim()))`;
  return await from.run(process.execPath, "-e", script);
}

/** Starts a download of so many seconds, which tells of each second as it passes. */
export function startDownload(
  lab: Lab,
  from: Namespace,
  seconds: number,
  server = WEB_ADDRESS,
  options: ProgramOptions = {},
): LabProcess {
  const url = `http://${host(server)}/download?seconds=${seconds}`;
  return lab.startProgram(from, "test/lab/tools/download.js", [url], options);
}

/** Starts an upload of so many seconds. */
export function startUpload(
  lab: Lab,
  from: Namespace,
  seconds: number,
  server = WEB_ADDRESS,
  options: ProgramOptions = {},
): LabProcess {
  const url = `http://${host(server)}/upload`;
  return lab.startProgram(from, "test/lab/tools/upload.js", [url, String(seconds)], options);
}

/** What the receiver of a transfer saw. Throws when the connection broke, or did not end `SLACK_MS` after its time. */
export async function finished(transfer: LabProcess, seconds: number): Promise<Transfer> {
  await transfer.success(seconds * 1000 + SLACK_MS);
  const [, json = ""] = await transfer.line(/^transfer (.*)$/);
  return JSON.parse(json);
}

const host = (address: string): string => (address.includes(":") ? `[${address}]` : address);
