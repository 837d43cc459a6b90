import assert from "node:assert/strict";

/** Where in a configuration file something is: `line` counts from 1, and each part is left out where it says nothing. */
export type Place = {
  readonly file: string;
  readonly line?: number | undefined;
  readonly section?: string | undefined;
  readonly key?: string | undefined;
  /** The value as it was found; never that of a secret. */
  readonly value?: string | undefined;
};

const LONGEST_SHOWN_VALUE = 60;

/** The operator's mistakes in one configuration file, a line each, in the order of the file's lines. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

/** Collects the mistakes of one file, so that the operator sees all of them at once. */
export class Problems {
  readonly #found: { readonly line: number; readonly text: string }[] = [];

  /** Notes a mistake; `complaint` says what is wanted: "expected a port from 1 to 65535". */
  add(place: Place, complaint: string): void {
    this.#found.push({ line: place.line ?? 0, text: `${describePlace(place)}: ${complaint}` });
  }

  get isEmpty(): boolean {
    return this.#found.length === 0;
  }

  /** Throws a `ConfigError` of all mistakes, of which there must be one. */
  raise(): never {
    this.throwIfAny();
    assert.fail("a configuration was refused without a reason");
  }

  /** Throws a `ConfigError` of all mistakes, if there is one. */
  throwIfAny(): void {
    if (this.isEmpty) return;
    const ordered = this.#found.toSorted((a, b) => a.line - b.line);
    throw new ConfigError(ordered.map((problem) => problem.text));
  }
}

/** A place in words: `conf/client.conf:12: [dsl] bandwidth_upload = fast`. */
export function describePlace({ file, line, section, key, value }: Place): string {
  const position = line === undefined ? file : `${file}:${line}`;
  const words: string[] = [];
  if (section !== undefined) words.push(`[${section}]`);
  if (key !== undefined) words.push(key);
  if (value !== undefined) words.push("=", showValue(value));
  return words.length === 0 ? position : `${position}: ${words.join(" ")}`;
}

function showValue(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what would move the cursor of a terminal is taken out
  const printable = value.replace(/[\u0000-\u001f\u007f-\u009f]/g, "?");
  if (printable === "") return '""';
  return printable.length <= LONGEST_SHOWN_VALUE ? printable : `${printable.slice(0, LONGEST_SHOWN_VALUE)}…`;
}
