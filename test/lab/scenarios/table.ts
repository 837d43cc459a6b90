import { textTable } from "../../support/text-table.ts";
import { type CaseResult, type Figure, figures } from "./results.ts";
import type { Bound, Reading, Unit } from "./scenario.ts";

const HEADINGS = ["case", "measured", "promised", "median", "least to most", "reached", "beside it"] as const;

/** The results as text: a table for each scenario, for a terminal or in markdown. */
export function resultTables(results: readonly CaseResult[], isMarkdown: boolean): string {
  const scenarios = [...new Set(results.map(({ scenario }) => scenario))];
  return scenarios
    .map((scenario) => {
      const rows = results.filter((result) => result.scenario === scenario).flatMap(rowsOf);
      const heading = `${scenario.number}. ${scenario.title}`;
      return [isMarkdown ? `### ${heading}` : heading, "", textTable(HEADINGS, rows, isMarkdown)].join("\n");
    })
    .join("\n\n");
}

/** A reading in words, such as "share 95.1 % (promised: at least 95.0 %)". */
export function readingText({ what, unit, value, bound }: Reading): string {
  return `${what} ${figureText(value, unit)}${bound === undefined ? "" : ` (promised: ${boundText(bound, unit)})`}`;
}

type TableRow = readonly string[];

function rowsOf(result: CaseResult): TableRow[] {
  const all = figures(result);
  const others = all.filter(({ bound }) => bound === undefined).map(besideText);
  const failed = result.failures.map((why) => `NOT MEASURED: ${why.split("\n")[0]}`);
  const promised = all.filter(({ bound }) => bound !== undefined);
  const notes = [...failed, ...others].join(", ");
  if (promised.length === 0) return [[result.labCase.name, "", "", "", "", "no", notes]];
  return promised.map((figure, index) => [
    index === 0 ? result.labCase.name : "",
    figure.what,
    figure.bound === undefined ? "" : boundText(figure.bound, figure.unit),
    figureText(figure.median, figure.unit),
    figure.values.length > 1 ? rangeText(figure) : "",
    figure.isReached === true ? "yes" : "NO",
    index === 0 ? notes : "",
  ]);
}

const besideText = ({ what, unit, median }: Figure): string => `${what} ${figureText(median, unit)}`;

const boundText = ({ kind, value }: Bound, unit: Unit): string => `${kind} ${figureText(value, unit)}`;

const rangeText = ({ least, most, unit }: Figure): string =>
  `${figureText(least, unit)} to ${figureText(most, unit)}`;

function figureText(value: number, unit: Unit): string {
  if (value === Number.POSITIVE_INFINITY) return "never";
  switch (unit) {
    case "share":
      return `${(value * 100).toFixed(1)} %`;
    case "ms":
      return `${value.toFixed(value < 100 ? 1 : 0)} ms`;
    case "Mbit/s":
      return `${value.toFixed(1)} Mbit/s`;
    case "count":
      return value.toFixed(0);
  }
}
