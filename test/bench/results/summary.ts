import { median } from "../../support/statistics.ts";
import type { FigureName, Measurement } from "./measurement.ts";

/** A figure over all rounds in which it was measured. */
export type Summary = { readonly median: number; readonly least: number; readonly most: number };

/** One figure of a subject in a case, or undefined where it was not measured. */
export function summaryOf(
  measurements: readonly Measurement[],
  caseName: string,
  subject: string,
  figure: FigureName,
): Summary | undefined {
  const values = [...valuesOf(measurements, caseName, subject, figure).values()];
  if (values.length === 0) return undefined;
  return { median: median(values), least: Math.min(...values), most: Math.max(...values) };
}

/**
 * How many times another's figure a subject's is: the median of the ratios in the rounds in which both were measured, as
 * what disturbs the machine disturbs both of a round.
 */
export function ratioOf(
  measurements: readonly Measurement[],
  caseName: string,
  [subject, other]: readonly [string, string],
  figure: FigureName,
): number | undefined {
  const own = valuesOf(measurements, caseName, subject, figure);
  const others = valuesOf(measurements, caseName, other, figure);
  const ratios = [...own].flatMap(([round, value]) => {
    const beside = others.get(round);
    return beside === undefined ? [] : [value / beside];
  });
  return ratios.length === 0 ? undefined : median(ratios);
}

function valuesOf(
  measurements: readonly Measurement[],
  caseName: string,
  subject: string,
  figure: FigureName,
): Map<number, number> {
  const own = measurements.filter((one) => one.caseName === caseName && one.subject === subject);
  return new Map(
    own.flatMap(({ round, figures }) => {
      const value = figures[figure];
      return value === undefined ? [] : [[round, value] as const];
    }),
  );
}
