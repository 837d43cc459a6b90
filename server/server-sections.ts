import { didYouMean, showWord } from "../shared/config/did-you-mean.ts";
import type { IniFile, IniSection } from "../shared/config/ini-file.ts";
import type { SectionOf } from "../shared/config/key.ts";
import { readSection } from "../shared/config/read-section.ts";
import { isLinkName, isName } from "../shared/config/values/name.ts";
import { SERVER_CLIENT_KEYS, SERVER_LINK_KEYS } from "./server-keys.ts";

/** A [client NAME] section that was read. */
export type ClientSection = {
  readonly kind: "client";
  readonly client: string;
  readonly section: IniSection;
  readonly keys: SectionOf<typeof SERVER_CLIENT_KEYS>;
};

/** A [LINK] or [client NAME link LINK] section that was read; `client` is undefined for the former. */
export type LinkSection = {
  readonly kind: "link";
  readonly client: string | undefined;
  readonly link: string;
  readonly keys: SectionOf<typeof SERVER_LINK_KEYS>;
};

/** Reads every section but [general]; those with mistakes are left out, for the mistakes are noted. */
export function readServerSections(ini: IniFile): readonly (ClientSection | LinkSection)[] {
  const found: (ClientSection | LinkSection)[] = [];
  for (const section of ini.sections.values()) {
    if (section.name === "general") continue;
    const read = readServerSection(ini, section);
    if (read !== undefined) found.push(read);
  }
  return found;
}

function readServerSection(ini: IniFile, section: IniSection): ClientSection | LinkSection | undefined {
  const [first = "", second = "", third, fourth = "", ...rest] = section.name.split(" ");
  if (first === "client" && isName(second) && third === undefined) {
    const keys = readSection(ini, section, SERVER_CLIENT_KEYS);
    return keys && { kind: "client", client: second, section, keys };
  }
  if (first === "client" && isName(second) && third === "link" && isLinkName(fourth) && rest.length === 0) {
    const keys = readSection(ini, section, SERVER_LINK_KEYS);
    return keys && { kind: "link", client: second, link: fourth, keys };
  }
  if (isLinkName(section.name)) {
    const keys = readSection(ini, section, SERVER_LINK_KEYS);
    return keys && { kind: "link", client: undefined, link: section.name, keys };
  }
  const place = { file: ini.file, line: section.line };
  if (section.name === "filters") {
    ini.problems.add(
      place,
      "[filters] is for the client's file: this end answers a flow on the link that it comes by",
    );
    return undefined;
  }
  ini.problems.add(place, `unknown section ${showWord(section.name)}${hintFor(section.name)}`);
  return undefined;
}

function hintFor(name: string): string {
  const [first = "", ...rest] = name.split(" ");
  const suggestion = didYouMean(name, ["general", ["client", ...rest].join(" ")]);
  const isClientItself = first === "client";
  if (suggestion !== "" && !isClientItself) return suggestion;
  return ": expected [general], [client NAME], [client NAME link LINK] or [LINK]";
}
