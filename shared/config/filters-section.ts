import type { Place } from "./config-error.ts";
import { didYouMean, showWord } from "./did-you-mean.ts";
import type { IniFile } from "./ini-file.ts";

const LONGEST_EXPRESSION = 4096;

/** A line of [filters]: what the pcap expression matches goes over the link. `place` is for messages about it. */
export type FilterRule = { readonly link: string; readonly expression: string; readonly place: Place };

/**
 * The lines of a file's [filters] section in their order, which counts: the first that matches wins, and
 * while its link is down the packet goes as all others. `links` are the names of all links of the file. What is wrong is among the file's problems and left out; the
 * expressions are only compiled later.
 */
export function readFilters(ini: IniFile, links: readonly string[]): readonly FilterRule[] {
  const section = ini.sections.get("filters");
  if (section === undefined) return [];
  const rules: FilterRule[] = [];
  for (const { key, value, line } of section.entries.values()) {
    const place = { file: ini.file, line, section: section.name, key, value };
    const complaint = complaintAbout(key, value, links);
    if (complaint === undefined) rules.push({ link: key, expression: value, place });
    else ini.problems.add(place, complaint);
  }
  return rules;
}

function complaintAbout(link: string, expression: string, links: readonly string[]): string | undefined {
  if (!links.includes(link)) return `there is no link ${showWord(link)}${didYouMean(link, links)}`;
  if (expression.trim() === "") return "expected a pcap expression, such as udp port 5060";
  if (expression.length > LONGEST_EXPRESSION)
    return `expected a pcap expression of at most ${LONGEST_EXPRESSION} bytes`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a control character in an expression is a mistake
  return /[\u0000-\u0008\u000b-\u001f\u007f]/.test(expression) ? "expected no control characters" : undefined;
}
