import { decode, unsafe } from "ini";
import { Problems } from "./config-error.ts";
import { showWord } from "./did-you-mean.ts";

/** One `key = value` line. `value` is unquoted; `line` counts from 1. */
export type IniEntry = { readonly key: string; readonly value: string; readonly line: number };

/** One section with its entries by key; `line` is that of its header. */
export type IniSection = {
  readonly name: string;
  readonly line: number;
  readonly entries: ReadonlyMap<string, IniEntry>;
};

/** A configuration file, read but not yet understood. `problems` holds what was wrong with its lines. */
export type IniFile = {
  readonly file: string;
  readonly sections: ReadonlyMap<string, IniSection>;
  readonly problems: Problems;
};

type OpenSection = { readonly name: string; readonly line: number; readonly entries: Map<string, IniEntry> };

type Line =
  | { readonly kind: "empty" }
  | { readonly kind: "section"; readonly name: string }
  | { readonly kind: "entry"; readonly key: string; readonly value: string }
  | { readonly kind: "wrong"; readonly complaint: string };

const NOT_AN_ENTRY = "expected a line such as key = value, [section], or a comment that starts with # or ;";

/**
 * Reads an INI file line by line, each line by the `ini` package, so that every section and key has its line number.
 * Other than `ini` alone it keeps a section whose name has dots as one section, allows a comment behind a header and
 * behind a quoted value, and calls a mistake what `ini` would skip, merge or read in a way that nobody means.
 */
export function parseIni(text: string, file: string): IniFile {
  const sections = new Map<string, OpenSection>();
  const problems = new Problems();
  let open: OpenSection | undefined;
  let wasWithoutSection = false;
  for (const [index, content] of text
    .replace(/^\ufeff/, "")
    .split(/\r\n|\n|\r/)
    .entries()) {
    const line = index + 1;
    const found = readLine(content);
    if (found.kind === "wrong") {
      problems.add({ file, line, section: open?.name }, found.complaint);
    } else if (found.kind === "section") {
      open = openSection(sections, { name: found.name, line, entries: new Map() }, file, problems);
    } else if (found.kind === "entry") {
      if (open !== undefined) addEntry(open, { key: found.key, value: found.value, line }, file, problems);
      else if (!wasWithoutSection)
        problems.add({ file, line }, "this line stands before the first section: begin the file with [general]");
      wasWithoutSection ||= open === undefined;
    }
  }
  return { file, sections, problems };
}

function openSection(sections: Map<string, OpenSection>, opened: OpenSection, file: string, problems: Problems) {
  const earlier = sections.get(opened.name);
  if (earlier === undefined) {
    sections.set(opened.name, opened);
    return opened;
  }
  problems.add(
    { file, line: opened.line, section: opened.name },
    `this section is already at line ${earlier.line}: put the keys of both into one`,
  );
  return earlier;
}

function addEntry(section: OpenSection, entry: IniEntry, file: string, problems: Problems): void {
  const earlier = section.entries.get(entry.key);
  if (earlier === undefined) {
    section.entries.set(entry.key, entry);
    return;
  }
  const place = { file, line: entry.line, section: section.name, key: entry.key };
  problems.add(place, `this key is already at line ${earlier.line}: keep one of them`);
}

function readLine(content: string): Line {
  const line = content.trim();
  if (line === "" || line.startsWith(";") || line.startsWith("#")) return { kind: "empty" };
  return line.startsWith("[") ? readHeader(line) : readEntry(line);
}

function readHeader(line: string): Line {
  const match = /^\[([^\]]*)\]\s*(?:[;#].*)?$/.exec(line);
  const inside = match?.[1];
  if (inside === undefined)
    return { kind: "wrong", complaint: "expected a section such as [general] alone on its line" };
  const name = String(unsafe(inside)).replaceAll(/\s+/g, " ");
  if (name === "" || /[;#\\]/.test(inside)) return { kind: "wrong", complaint: "expected a name in the brackets" };
  return { kind: "section", name };
}

function readEntry(line: string): Line {
  const separator = line.indexOf("=");
  const key = separator < 0 ? "" : line.slice(0, separator).trim();
  if (!/^[\w.@-]+(\[\])?$/.test(key)) return { kind: "wrong", complaint: NOT_AN_ENTRY };
  if (key.endsWith("[]"))
    return {
      kind: "wrong",
      complaint: `the key ${showWord(key.slice(0, -2))} takes a list in one line: ${key.slice(0, -2)} = a, b`,
    };
  return readValue(key, line.slice(separator + 1).trim());
}

function readValue(key: string, raw: string): Line {
  const quote = raw[0];
  if (quote === '"' || quote === "'") return readQuoted(key, raw, quote);
  const comment = /^(?:[^\\;#]|\\.?)*/.exec(raw)?.[0].length ?? 0;
  if (comment > 0 && comment < raw.length && !/\s/.test(raw[comment - 1] ?? "")) {
    const complaint = `${showWord(key)}: a comment begins at the "${raw[comment]}" inside the value: put the value in quotes`;
    return { kind: "wrong", complaint };
  }
  return { kind: "entry", key, value: decodeValue(raw) };
}

function readQuoted(key: string, raw: string, quote: string): Line {
  const pattern = quote === '"' ? /^"(?:[^"\\]|\\.)*"/ : /^'[^']*'/;
  const quoted = pattern.exec(raw)?.[0];
  const rest = quoted === undefined ? "" : raw.slice(quoted.length).trim();
  if (quoted === undefined || (rest !== "" && !/^[;#]/.test(rest))) {
    return { kind: "wrong", complaint: `${showWord(key)}: expected the value's quotes to be closed at its end` };
  }
  // `ini` reads what is in single quotes as JSON too, which would round a password of many digits.
  if (quote === "'") return { kind: "entry", key, value: quoted.slice(1, -1) };
  const value = decodeValue(quoted);
  // What is not JSON comes back from `ini` as it stands, with the quotes.
  if (value !== quoted) return { kind: "entry", key, value };
  return {
    kind: "wrong",
    complaint: `${showWord(key)}: expected a backslash inside double quotes to be doubled, or single quotes`,
  };
}

function decodeValue(raw: string): string {
  const decoded: unknown = decode(`value=${raw}`)["value"];
  return typeof decoded === "string" ? decoded : String(decoded);
}
