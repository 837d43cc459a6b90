// `npm run bench`: what Hawser carries and what that costs, beside other tunnels in the same run on the same machine.
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, release } from "node:os";
import process from "node:process";
import { missingForLab } from "../lab/toolkit/requirements.ts";
import type { BenchCase } from "./cases/bench-case.ts";
import { CASES } from "./cases/cases.ts";
import { chooseCases, chooseSubjects } from "./choice.ts";
import { measureSteps, stepClaims, stepTable } from "./micro/micro.ts";
import type { StepTime } from "./micro/step-time.ts";
import { type Endurance, enduranceClaims, enduranceTable, measureEndurance } from "./minute/minute.ts";
import { type BenchOptions, parseOptions, USAGE } from "./options.ts";
import { claims } from "./results/claims.ts";
import { claimTable, measurementTable } from "./results/report.ts";
import { type BenchResult, runBench } from "./runner.ts";
import { measureScale, type ScaleResult } from "./scale/scale.ts";
import { scaleClaims, scaleTables } from "./scale/scale-report.ts";
import type { Subject } from "./subjects/subject.ts";
import { subjectsOf } from "./subjects/subjects.ts";

const STEPS = "micro";
const MINUTE = "minute";
const SCALE = "scale";
const EXTRAS: readonly string[] = [STEPS, MINUTE, SCALE];
const USUAL_EXTRAS = [STEPS];
const NOTHING: BenchResult = { measurements: [], failures: [] };

type Plan = {
  readonly options: BenchOptions;
  readonly cases: readonly BenchCase[];
  readonly subjects: readonly Subject[];
  /** What is measured besides, of Hawser alone. */
  readonly extras: ReadonlySet<string>;
};

/** All that a run has measured. */
type BenchRun = BenchResult & {
  readonly steps: readonly StepTime[];
  readonly minute: readonly Endurance[];
  readonly scale: readonly ScaleResult[];
};

async function main(args: readonly string[]): Promise<number> {
  const plan = planOf(args);
  if (plan === undefined) return 2;
  const { options } = plan;
  if (options.isHelp) {
    console.log(USAGE);
    return 0;
  }
  if (options.isList) return list(plan);
  const missing = missingForLab(["iperf3", "ss", "ethtool"]);
  if (missing !== false) {
    console.error(`The benchmark ${missing}.`);
    return 2;
  }
  const run = await measureAll(plan);
  writeFileSync(options.jsonFile, `${JSON.stringify(run, undefined, 2)}\n`);
  console.log(`\n${tables(run, options)}\n\n${conditions(args, options)}`);
  return tellFailures(run);
}

async function measureAll({ options, cases, subjects, extras }: Plan): Promise<BenchRun> {
  const { rounds, settings, seconds, minuteSeconds, clients, links } = options;
  return {
    ...(cases.length > 0 ? await runBench(subjects, cases, options) : NOTHING),
    steps: extras.has(STEPS) ? await measureSteps(rounds) : [],
    minute: extras.has(MINUTE) ? await measureEndurance(settings, minuteSeconds) : [],
    scale: extras.has(SCALE) ? await measureScale({ clients, links }, settings, seconds) : [],
  };
}

function tables({ measurements, steps, minute, scale }: BenchRun, { isMarkdown }: BenchOptions): string {
  const all = [claims(measurements), stepClaims(steps), scaleClaims(scale), enduranceClaims(minute)];
  return [
    ...(measurements.length > 0 ? [measurementTable(measurements, isMarkdown)] : []),
    ...(steps.length > 0 ? [stepTable(steps, isMarkdown)] : []),
    ...(minute.length > 0 ? [enduranceTable(minute, isMarkdown)] : []),
    ...(scale.length > 0 ? scaleTables(scale, isMarkdown) : []),
    ...claimTable(all.flat(), isMarkdown),
  ].join("\n\n");
}

function planOf(args: readonly string[]): Plan | undefined {
  try {
    const options = parseOptions(args);
    const subjects = chooseSubjects(subjectsOf(options), options);
    const names = options.names.filter((name) => !EXTRAS.includes(name));
    const chosen = options.names.filter((name) => EXTRAS.includes(name));
    const cases = chosen.length > 0 && names.length === 0 ? [] : chooseCases(CASES, { names });
    return { options, cases, subjects, extras: new Set(options.names.length === 0 ? USUAL_EXTRAS : chosen) };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(`${error.message}\n\n${USAGE}`);
    return undefined;
  }
}

function list({ cases, subjects, extras }: Plan): number {
  console.log(`cases: ${[...cases.map(({ name }) => name), ...extras].join(", ")}`);
  for (const subject of subjects) {
    const missing = subject.missing();
    console.log(missing === undefined ? subject.name : `${subject.name} (${missing})`);
  }
  return 0;
}

function tellFailures({ failures }: BenchResult): number {
  for (const failure of failures) console.log(`NOT MEASURED: ${failure.split("\n")[0]}`);
  return failures.length === 0 ? 0 : 1;
}

function conditions(args: readonly string[], { rounds, seconds }: BenchOptions): string {
  const command = ["npm run bench", ...(args.length > 0 ? ["--", ...args.map(quoted)] : [])].join(" ");
  const model = /^model name\s*: (.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? "unknown processors";
  return (
    `\`${command}\` (medians of ${rounds}, ${seconds} s each; scale and minute once) on ${availableParallelism()} processors (${model}), ` +
    `Linux ${release()}, Node.js ${process.version}.`
  );
}

const quoted = (word: string): string => (/[^\w./=:,-]/.test(word) ? `'${word}'` : word);

process.exitCode = await main(process.argv.slice(2));
