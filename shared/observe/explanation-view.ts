import type { BundleExplanation, ExplainedDecision, Explanation } from "./explanation.ts";
import { printable } from "./people-text.ts";

const DAY_MS = 86_400_000;
const OTHER_END = {
  client: "These are decisions about what is sent. Those about downloads are the server's: hawser explain there.",
  server: "These are decisions about what is sent to the clients. Those about uploads are the clients' own.",
} as const;

/** The last decisions as an operator reads them, with the local time; ends with a line end. */
export function explanationText({ role, bundles }: Explanation, now: Date): string {
  const lines = bundles.flatMap((bundle) => [...bundleLines(bundle, now), ""]);
  if (bundles.length === 0) lines.push(role === "server" ? "no client is connected" : "no bundle yet", "");
  return `${[...lines, OTHER_END[role]].map(printable).join("\n")}\n`;
}

function bundleLines({ name, decisions }: BundleExplanation, now: Date): string[] {
  if (decisions.length === 0) return [`bundle ${name}`, "  nothing was decided yet"];
  const width = Math.max(...decisions.map(({ link }) => link.length));
  return [`bundle ${name}`, ...decisions.map((decision) => `  ${decisionLine(decision, width, now)}`)];
}

function decisionLine({ ageMs, sinceMs, times, link, text }: ExplainedDecision, width: number, now: Date): string {
  const repeated = times === 1 ? "" : ` (${times} times in ${((sinceMs - ageMs) / 1000).toFixed(1)} s)`;
  return `${timeText(new Date(now.getTime() - ageMs), now)}  ${link.padEnd(width)}  ${text}${repeated}`;
}

/** The local time of day, with the date before it when it is more than a day ago. */
function timeText(time: Date, now: Date): string {
  const date = [time.getFullYear(), pad(time.getMonth() + 1, 2), pad(time.getDate(), 2)].join("-");
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => pad(part, 2)).join(":");
  const isOld = now.getTime() - time.getTime() >= DAY_MS;
  return `${isOld ? `${date} ` : ""}${clock}.${pad(time.getMilliseconds(), 3)}`;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, "0");
}
