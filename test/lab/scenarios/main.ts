// `npm run lab`: measures the promise in namespaces, with real daemons and the kernel's TCP, and prints a table.
import { readFileSync } from "node:fs";
import { availableParallelism, release } from "node:os";
import process from "node:process";
import { missingForLab } from "../toolkit/requirements.ts";
import { type LabOptions, parseOptions, USAGE } from "./options.ts";
import { type CaseResult, isComplete, isKept } from "./results.ts";
import { type ChosenCase, chooseCases, runCases } from "./runner.ts";
import { SCENARIOS } from "./scenarios.ts";
import { resultTables } from "./table.ts";

async function main(args: readonly string[]): Promise<number> {
  const plan = planOf(args);
  if (plan === undefined) return 2;
  const { options, chosen } = plan;
  if (options.isHelp) {
    console.log(USAGE);
    return 0;
  }
  const left = new Set(chosen.map(({ scenario }) => scenario.missing?.(options)));
  for (const missing of left) if (missing !== undefined) console.error(missing);
  if (options.isList) return list(chosen);
  const missing = missingForLab(["iperf3", "ss", ...(options.compares ? ["mptcpize"] : [])]);
  if (missing !== false) {
    console.error(`The lab ${missing}.`);
    return 2;
  }
  const results = await runCases(chosen, options);
  console.log(`\n${resultTables(results, options.isMarkdown)}\n\n${conditions(args, options)}\n${total(results)}`);
  if (!results.every(isComplete)) return 2;
  return options.checks && !results.every(isKept) ? 1 : 0;
}

function planOf(args: readonly string[]): { options: LabOptions; chosen: ChosenCase[] } | undefined {
  try {
    const options = parseOptions(args);
    return { options, chosen: chooseCases(SCENARIOS, options) };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(`${error.message}\n\n${USAGE}`);
    return undefined;
  }
}

function list(chosen: readonly ChosenCase[]): number {
  for (const { scenario, labCase } of chosen) console.log(`${scenario.number} ${scenario.name}: ${labCase.name}`);
  return 0;
}

function conditions(args: readonly string[], options: LabOptions): string {
  const { repetitions, warmUpSeconds, seconds, traces } = options;
  // Where somebody keeps recordings is nobody else's business.
  const shown = args.map((word) => quoted(traces === undefined ? word : word.replace(traces, "DIR")));
  const command = ["npm run lab", ...(shown.length > 0 ? ["--", ...shown] : [])].join(" ");
  const model = /^model name\s*: (.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? "unknown processors";
  const times = repetitions === 1 ? "measured once" : `medians of ${repetitions}`;
  return (
    `\`${command}\` (${times}; ${seconds} s after a warm-up of ${warmUpSeconds} s where the case does not say ` +
    `otherwise) on ${availableParallelism()} processors (${model}), Linux ${release()}, Node.js ${process.version}.`
  );
}

const quoted = (word: string): string => (/[^\w./=:-]/.test(word) ? `'${word}'` : word);

const total = (results: readonly CaseResult[]): string =>
  `${results.filter(isKept).length} of ${results.length} cases keep the promise.`;

process.exitCode = await main(process.argv.slice(2));
