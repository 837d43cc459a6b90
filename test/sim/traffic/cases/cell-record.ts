import { appendFileSync, existsSync, readFileSync } from "node:fs";
import type { Selection } from "./selection.ts";

/** Results in a file, a line of JSON for each, so that a long measurement can go on where it stopped. */
export class CellRecord {
  readonly #file: string;
  readonly #results = new Map<string, string>();

  constructor(file: string) {
    this.#file = file;
    const text = existsSync(file) ? readFileSync(file, "utf8") : "";
    // The last line may be half of one.
    for (const line of text.split("\n").slice(0, -1)) {
      const { key, result } = JSON.parse(line);
      this.#results.set(String(key), JSON.stringify(result));
    }
  }

  /** The result of a cell of a case, if it was measured for as long as now. */
  find<Result>(name: string, cell: unknown, selection: Selection): Result | undefined {
    const found = this.#results.get(keyOf(name, cell, selection));
    return found === undefined ? undefined : JSON.parse(found);
  }

  add(name: string, cell: unknown, selection: Selection, result: unknown): void {
    appendFileSync(this.#file, `${JSON.stringify({ key: keyOf(name, cell, selection), result })}\n`);
  }
}

function keyOf(name: string, cell: unknown, { warmUp, duration }: Selection): string {
  return JSON.stringify([name, cell, warmUp, duration]);
}
