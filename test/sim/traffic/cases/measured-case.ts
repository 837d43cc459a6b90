import type { HandshakeCrypto } from "../../../../shared/protocol/session/handshake-crypto.ts";
import type { Selection } from "./selection.ts";

/** What the measuring of a cell may use. */
export type CellContext = { readonly crypto: HandshakeCrypto; readonly selection: Selection };

/** A cell with what was measured. */
export type Measurement<Cell, Result> = { readonly cell: Cell; readonly result: Result };

/** How a case is written: its cells, which are measured independently of each other, and its tables. */
export type CaseDefinition<Cell, Result> = {
  readonly cells: (selection: Selection) => readonly Cell[];
  /** Must return plain data, as it may be called in another thread. */
  readonly measure: (cell: Cell, context: CellContext) => Result;
  readonly print: (measurements: readonly Measurement<Cell, Result>[], selection: Selection) => void;
};

/** Measures cells elsewhere, by their place among a case's cells. */
export interface CellRunner {
  run<Result>(index: number): Promise<Result>;
}

/** A case whose cells can be measured one by one, here or in another thread. */
export type MeasuredCase = {
  readonly measure: (index: number, context: CellContext) => unknown;
  /** Measures all cells, by `runner` where there is one, and prints the tables. */
  readonly report: (context: CellContext, runner: CellRunner | undefined) => Promise<void>;
};

/** Makes a case out of its definition. */
export function measuredCase<Cell, Result>(definition: CaseDefinition<Cell, Result>): MeasuredCase {
  const { cells, measure, print } = definition;
  return {
    measure: (index, context) => {
      const cell = cells(context.selection)[index];
      if (cell === undefined) throw new RangeError(`there is no cell ${index}`);
      return measure(cell, context);
    },
    report: async (context, runner) => {
      const resultOf = async (cell: Cell, index: number): Promise<Measurement<Cell, Result>> => ({
        cell,
        result: runner === undefined ? measure(cell, context) : await runner.run<Result>(index),
      });
      print(await Promise.all(cells(context.selection).map(resultOf)), context.selection);
    },
  };
}
