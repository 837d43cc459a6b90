import * as v from "valibot";
import type { Place } from "./config-error.ts";
import { didYouMean, showWord } from "./did-you-mean.ts";
import type { IniEntry, IniFile, IniSection } from "./ini-file.ts";
import type { KeyTable, SectionOf } from "./key.ts";

// mlvpn's names, and OpenBSD's word for a routing table, for keys that have a better one here.
const ALIASES: ReadonlyMap<string, string> = new Map([
  ["bindfib", "table"],
  ["control_unix_path", "control_socket"],
  ["loss_tolerence", "loss_tolerance"],
  ["latency_tolerence", "latency_tolerance"],
]);

const SECRET_KEYS: ReadonlySet<string> = new Set(["password"]);

/** Reads a section by its table of keys; undefined when a value is wrong, which then is among the file's problems. */
export function readSection<Keys extends KeyTable>(
  ini: IniFile,
  section: IniSection,
  keys: Keys,
): SectionOf<Keys> | undefined {
  const entries = knownEntries(ini, section, keys);
  const input = Object.fromEntries(Object.keys(keys).map((key) => [key, entries.get(key)?.value]));
  const result = v.safeParse(v.object(keys), input);
  if (result.success) return result.output;
  for (const issue of result.issues) {
    const key = String(issue.path?.[0]?.key ?? "");
    ini.problems.add(placeOf(ini, section, key), issue.message);
  }
  return undefined;
}

/** Where a key of a section is, with its value; at the section's header when the key is left out there. */
export function placeOf(ini: IniFile, section: IniSection, key: string): Place {
  const entry = findEntry(section, key);
  const place = { file: ini.file, line: entry?.line ?? section.line, section: section.name, key: entry?.key ?? key };
  if (entry === undefined) return place;
  return { ...place, value: SECRET_KEYS.has(key) ? "..." : entry.value };
}

function findEntry(section: IniSection, key: string): IniEntry | undefined {
  const found = section.entries.get(key);
  if (found !== undefined) return found;
  return [...section.entries.values()].find((entry) => ALIASES.get(entry.key) === key);
}

function knownEntries(ini: IniFile, section: IniSection, keys: KeyTable): ReadonlyMap<string, IniEntry> {
  const known = new Map<string, IniEntry>();
  for (const entry of section.entries.values()) {
    const key = ALIASES.get(entry.key) ?? entry.key;
    const place = { file: ini.file, line: entry.line, section: section.name };
    const earlier = known.get(key);
    if (!Object.hasOwn(keys, key)) {
      ini.problems.add(place, `unknown key ${showWord(entry.key)}${didYouMean(entry.key, Object.keys(keys))}`);
    } else if (earlier !== undefined) {
      ini.problems.add(
        place,
        `"${entry.key}" means the same as "${earlier.key}" at line ${earlier.line}: keep one of them`,
      );
    } else {
      known.set(key, entry);
    }
  }
  return known;
}
