import type { HandshakeCrypto } from "../../../../shared/protocol/session/handshake-crypto.ts";
import type { CellRecord } from "./cell-record.ts";
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

/** Where the cells of a case are measured and kept: here and nowhere, when there is neither. */
export type CellPlace = {
  readonly name: string;
  readonly runner: CellRunner | undefined;
  readonly record: CellRecord | undefined;
};

/** A case whose cells can be measured one by one, here or in another thread. */
export type MeasuredCase = {
  readonly measure: (index: number, context: CellContext) => unknown;
  /** Measures all cells that are not in the record, and prints the tables. */
  readonly report: (context: CellContext, place: CellPlace) => Promise<void>;
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
    report: async (context, { name, runner, record }) => {
      const { selection } = context;
      const resultOf = async (cell: Cell, index: number): Promise<Measurement<Cell, Result>> => {
        const known = record?.find<Result>(name, cell, selection);
        if (known !== undefined) return { cell, result: known };
        const result = runner === undefined ? measure(cell, context) : await runner.run<Result>(index);
        record?.add(name, cell, selection, result);
        return { cell, result };
      };
      print(await Promise.all(cells(selection).map(resultOf)), selection);
    },
  };
}
