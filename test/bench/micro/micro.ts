import { boolean, number, object, parse, string } from "valibot";
import { Lab } from "../../lab/toolkit/lab.ts";
import { median } from "../../support/statistics.ts";
import { textTable } from "../../support/text-table.ts";
import type { Claim } from "../results/claims.ts";
import type { StepTime } from "./step-time.ts";

const LIMIT_MS = 300_000;
const STEP_TIME = object({ step: string(), isCore: boolean(), nanoseconds: number() });
const HEADINGS = ["step", "written in", "ns per packet", "least to most"] as const;
/** The most that the core's steps may take for a packet over two links, in nanoseconds. */
const LIMITS = [
  { what: "outbound TypeScript", step: "frame and schedule, 2 links", most: 100 },
  { what: "inbound TypeScript", step: "check and reorder, 2 links", most: 150 },
] as const;

/** Measures every step of a packet's way, so many times, in a namespace that is removed after. */
export async function measureSteps(samples: number): Promise<StepTime[]> {
  const lab = await Lab.create();
  try {
    const namespace = await lab.namespace("micro");
    const program = lab.startProgram(namespace, "test/bench/micro/program.js", [String(samples)]);
    program.onLine((line) => console.error(line.replace(/[{}"]/g, "")));
    const output = await program.success(LIMIT_MS);
    return output.split("\n").map((line) => parse(STEP_TIME, JSON.parse(line)));
  } finally {
    await lab.close();
  }
}

/** The table of the steps, in the order in which they were measured. */
export function stepTable(times: readonly StepTime[], isMarkdown: boolean): string {
  const steps = new Map(times.map((time) => [time.step, time]));
  const rows = [...steps.values()].map(({ step, isCore }) => {
    const values = times.filter((time) => time.step === step).map(({ nanoseconds }) => nanoseconds);
    const range = `${Math.min(...values).toFixed(0)} to ${Math.max(...values).toFixed(0)}`;
    return [step, isCore ? "TypeScript" : "C++ and kernel", median(values).toFixed(0), range];
  });
  return textTable(HEADINGS, rows, isMarkdown);
}

/** What is claimed of the TypeScript part, with what these times say of it. */
export function stepClaims(times: readonly StepTime[]): Claim[] {
  return LIMITS.map(({ what, step, most }) => {
    const values = times.filter((time) => time.step === step).map(({ nanoseconds }) => nanoseconds);
    const measured = values.length === 0 ? undefined : median(values);
    return {
      number: "5",
      text: `${what}: ${step}`,
      wanted: `below ${most} ns a packet`,
      measured: measured === undefined ? undefined : `${measured.toFixed(0)} ns`,
      isReached: measured === undefined ? undefined : measured < most,
    };
  });
}
