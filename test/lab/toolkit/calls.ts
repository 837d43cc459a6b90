import type { CallReport } from "../tools/call-report.ts";
import { WEB_ADDRESS } from "./home-network.ts";
import type { Lab } from "./lab.ts";
import type { LabProcess } from "./lab-process.ts";
import type { Namespace } from "./namespace.ts";

const PROGRAM = "test/lab/tools/call.js";
const PORT = 5060;
const SLACK_MS = 20_000;

/** What each end of a call over UDP heard of the other. */
export type Call = { readonly down: CallReport; readonly up: CallReport };

/** Calls the internet host from home for so long, 50 packets a second each way, and answers what each end heard. */
export async function runCall(lab: Lab, home: Namespace, web: Namespace, seconds: number): Promise<Call> {
  const answering = lab.startProgram(web, PROGRAM, ["answer", String(PORT)]);
  await answering.line(/^ready$/);
  const calling = lab.startProgram(home, PROGRAM, [WEB_ADDRESS, String(PORT), String(seconds)]);
  await calling.success(seconds * 1000 + SLACK_MS);
  await answering.stop();
  return { down: await heard(calling), up: await heard(answering) };
}

async function heard(end: LabProcess): Promise<CallReport> {
  const [, json = ""] = await end.line(/^heard (.*)$/);
  return JSON.parse(json);
}
