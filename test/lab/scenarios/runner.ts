import { writeFileSync } from "node:fs";
import { watchProcessors } from "../toolkit/processor-load.ts";
import type { Choice, LabOptions } from "./options.ts";
import { type CaseResult, figures, isKept } from "./results.ts";
import { beside, type LabCase, type Reading, type Scenario } from "./scenario.ts";
import { readingText } from "./table.ts";

/** A case that was chosen, and whose it is. */
export type ChosenCase = { readonly scenario: Scenario; readonly labCase: LabCase };

/** The cases that the command line chooses. Throws a TypeError when a name is no scenario's, or nothing is chosen. */
export function chooseCases(scenarios: readonly Scenario[], options: LabOptions): ChosenCase[] {
  const { names, choice } = options;
  const known = scenarios.flatMap(({ number, name }) => [number, name]);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new TypeError(`there is no scenario ${unknown}; there are ${known.join(", ")}`);
  const chosen = scenarios
    .filter(({ number, name }) => names.length === 0 || names.includes(number) || names.includes(name))
    .flatMap((scenario) => scenario.cases(options).map((labCase) => ({ scenario, labCase })))
    .filter(({ labCase }) => isChosen(labCase, choice));
  if (chosen.length === 0) throw new TypeError("no case is chosen");
  return chosen;
}

/** Measures cases one after another and tells of it. A case that fails is kept as one that was not measured. */
export async function runCases(cases: readonly ChosenCase[], options: LabOptions): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  const startedAt = performance.now();
  for (const [index, chosen] of cases.entries()) {
    results.push(await runCase(chosen, options, `[${index + 1}/${cases.length}]`));
    if (options.jsonFile !== undefined) writeFileSync(options.jsonFile, resultsJson(results));
    const elapsed = performance.now() - startedAt;
    const left = (elapsed / (index + 1)) * (cases.length - index - 1);
    if (left > 0) tell(`${minutes(elapsed)} passed, about ${minutes(left)} to go`);
  }
  return results;
}

async function runCase(
  { scenario, labCase }: ChosenCase,
  options: LabOptions,
  progress: string,
): Promise<CaseResult> {
  const repetitions: (readonly Reading[])[] = [];
  const failures: string[] = [];
  for (let index = 0; index < options.repetitions; index++) {
    const which = options.repetitions === 1 ? "" : ` (${index + 1} of ${options.repetitions})`;
    const title = `${progress} ${scenario.name}: ${labCase.name}${which}`;
    try {
      const processors = watchProcessors();
      const measured = await labCase.measure({ index, options });
      // Where others need the processors as well, a figure may be the machine's and not ours.
      const { busy, taken } = processors();
      const machine = [beside("processors busy", "share", busy), beside("taken by the host", "share", taken)];
      const readings = [...measured, ...machine];
      repetitions.push(readings);
      tell(`${title}: ${readings.map(readingText).join(", ")}`);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      failures.push(why);
      tell(`${title}: not measured: ${why}`);
    }
  }
  return { scenario, labCase, repetitions, failures };
}

function isChosen({ name, choice }: LabCase, wanted: Choice): boolean {
  const agrees = <T>(has: T | undefined, wants: T | undefined): boolean =>
    has === undefined || wants === undefined || has === wants;
  return (
    agrees(choice.set, wanted.set) &&
    agrees(choice.control, wanted.control) &&
    agrees(choice.direction, wanted.direction) &&
    name.includes(wanted.text ?? "")
  );
}

const resultsJson = (results: readonly CaseResult[]): string =>
  `${JSON.stringify(
    results.map((result) => ({
      scenario: result.scenario.number,
      name: result.scenario.name,
      case: result.labCase.name,
      isKept: isKept(result),
      figures: figures(result),
      failures: result.failures,
    })),
    undefined,
    2,
  )}\n`;

const minutes = (milliseconds: number): string => {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
};

const tell = (text: string): void => console.error(text);
