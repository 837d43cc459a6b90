// `npm run lab`: measures the promise in namespaces, with real daemons and the kernel's TCP, and prints a table.
import process from "node:process";
import { missingForLab } from "../toolkit/requirements.ts";
import { type Choice, type LabOptions, parseOptions, USAGE } from "./options.ts";
import type { LabCase, Reading } from "./scenario.ts";
import { SCENARIOS } from "./scenarios.ts";

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  const missing = missingForLab(["iperf3", "ss"]);
  if (missing !== false) {
    console.error(`The lab ${missing}.`);
    return 1;
  }
  for (const scenario of SCENARIOS) {
    const { names } = options;
    if (names.length > 0 && !names.includes(scenario.number) && !names.includes(scenario.name)) continue;
    console.log(scenario.title);
    for (const one of scenario.cases(options).filter(({ choice }) => isChosen(choice, options.choice)))
      await run(one, options);
  }
  return 0;
}

async function run({ name, measure }: LabCase, options: LabOptions): Promise<void> {
  for (let index = 0; index < options.repetitions; index++) {
    const startedAt = performance.now();
    const readings = await measure({ index, options });
    const took = ((performance.now() - startedAt) / 1000).toFixed(0);
    console.log(`${name}: ${readings.map(inWords).join(", ")} (${took} s)`);
  }
}

function inWords({ what, unit, value, bound }: Reading): string {
  const show = (figure: number): string =>
    unit === "share" ? `${(figure * 100).toFixed(1)} %` : `${figure} ${unit}`;
  return `${what} ${show(value)}${bound === undefined ? "" : ` (${bound.kind} ${show(bound.value)})`}`;
}

const isChosen = (choice: Choice, wanted: Choice): boolean =>
  (wanted.set === undefined || choice.set === undefined || choice.set === wanted.set) &&
  (wanted.control === undefined || choice.control === undefined || choice.control === wanted.control) &&
  (wanted.direction === undefined || choice.direction === undefined || choice.direction === wanted.direction);

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const isUsage = error instanceof TypeError;
  console.error(isUsage ? `${error.message}\n\n${USAGE}` : error);
  process.exitCode = 2;
}
