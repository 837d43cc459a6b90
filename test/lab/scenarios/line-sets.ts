import { milliseconds } from "../../../shared/protocol/units.ts";
import { type HomeLine, unevenLine } from "../toolkit/home-network.ts";

/** Lines of one home. */
export type LineSet = {
  readonly number: number;
  readonly name: string;
  readonly lines: readonly HomeLine[];
  /** What one TCP flow is promised of their payload capacity when all is well, 0 to 1. */
  readonly oneFlowShare: number;
};

/** The sets of lines on which most of the promise is measured, each with a queue of 100 ms per line and direction. */
export const LINE_SETS: readonly LineSet[] = [
  lineSet(1, 0.97, [20, 20, 10], [20, 20, 10]),
  lineSet(2, 0.95, [50, 10, 8], [20, 5, 30]),
  lineSet(3, 0.93, [100, 40, 5], [40, 10, 15], [10, 2, 40]),
];

/** A line by its rates in Mbit/s down and up and its one-way delay in milliseconds. */
export type Figures = readonly [down: number, up: number, delay: number];

/** Lines "line1", "line2" and so on, and a name that says their figures. */
export function lineSet(number: number, oneFlowShare: number, ...figures: readonly Figures[]): LineSet {
  return {
    number,
    oneFlowShare,
    name: figures.map(([down, up, delay]) => `${down}/${up} ${delay} ms`).join(" + "),
    lines: figures.map(([down, up, delay], index) => unevenLine(`line${index + 1}`, down, up, milliseconds(delay))),
  };
}
