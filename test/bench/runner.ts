import { writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { Lab } from "../lab/toolkit/lab.ts";
import { runCommand } from "../lab/toolkit/run-command.ts";
import type { BenchCase, Running } from "./cases/bench-case.ts";
import { turned } from "./choice.ts";
import { buildBenchNetwork } from "./network.ts";
import type { BenchOptions } from "./options.ts";
import type { Measurement } from "./results/measurement.ts";
import { measurementText } from "./results/report.ts";
import type { Subject } from "./subjects/subject.ts";

const HELPERS_MS = 1000;

/** What was measured, and what was not and why. */
export type BenchResult = { readonly measurements: readonly Measurement[]; readonly failures: readonly string[] };

type Plan = { readonly benchCase: BenchCase; readonly round: number; readonly running: Running };

/**
 * Sets every subject up in a network of its own, measures the cases one after another, in each the subjects by turns, and
 * removes everything. A measurement that fails is told of and left out.
 */
export async function runBench(
  subjects: readonly Subject[],
  cases: readonly BenchCase[],
  options: BenchOptions,
): Promise<BenchResult> {
  const failures: string[] = [];
  const measurements: Measurement[] = [];
  const running: Running[] = [];
  const labs: Lab[] = [];
  try {
    for (const subject of subjects) {
      const lab = await Lab.create();
      labs.push(lab);
      const started = await attempt(`${subject.name} could not be set up`, failures, () => setUp(lab, subject));
      if (started !== undefined) running.push(started);
    }
    const plans = planOf(cases, running, options.rounds);
    for (const [index, plan] of plans.entries()) {
      const measured = await attempt(titleOf(plan), failures, () => measure(plan, options.seconds));
      if (measured === undefined) continue;
      measurements.push(measured);
      tell(`[${index + 1}/${plans.length}] ${titleOf(plan)}: ${measurementText(measured)}`);
      writeFileSync(options.jsonFile, `${JSON.stringify({ measurements, failures }, undefined, 2)}\n`);
    }
    for (const { name, carrier } of running)
      await attempt(`${name} could not be ended`, failures, async () => await carrier.down?.());
  } finally {
    for (const lab of labs) await lab.close();
  }
  return { measurements, failures };
}

async function setUp(lab: Lab, subject: Subject): Promise<Running> {
  const missing = subject.missing();
  if (missing !== undefined) throw new Error(missing);
  const network = await buildBenchNetwork(lab);
  const carrier = await subject.up(network);
  const [clientPids, serverPids] = await Promise.all(
    [network.client, network.server].map(({ fullName }) => lastingProcesses(fullName)),
  );
  tell(`${subject.name} is up`);
  return { name: subject.name, network, carrier, clientPids: clientPids ?? [], serverPids: serverPids ?? [] };
}

// A daemon that has just come up may still have helpers, such as ip and nft, that are gone in a moment.
async function lastingProcesses(namespace: string): Promise<number[]> {
  const before = await processesIn(namespace);
  await pause(HELPERS_MS);
  const after = new Set(await processesIn(namespace));
  return before.filter((pid) => after.has(pid));
}

async function processesIn(namespace: string): Promise<number[]> {
  return (await runCommand("ip", ["netns", "pids", namespace])).split("\n").filter(Boolean).map(Number);
}

function planOf(cases: readonly BenchCase[], running: readonly Running[], rounds: number): Plan[] {
  return cases.flatMap((benchCase) => {
    const able = running.filter((one) => benchCase.missing?.(one) === undefined);
    return Array.from({ length: rounds }, (_, round) => round).flatMap((round) =>
      turned(able, round).map((one) => ({ benchCase, round, running: one })),
    );
  });
}

async function measure({ benchCase, round, running }: Plan, seconds: number): Promise<Measurement> {
  const figures = await benchCase.measure(running, seconds);
  return { caseName: benchCase.name, subject: running.name, round, figures };
}

const titleOf = ({ benchCase, round, running }: Plan): string =>
  `${benchCase.name}, round ${round + 1}: ${running.name}`;

async function attempt<T>(what: string, failures: string[], work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    const why = `${what}: ${error instanceof Error ? error.message : error}`;
    failures.push(why);
    tell(why);
    return undefined;
  }
}

const tell = (text: string): void => console.error(text);
