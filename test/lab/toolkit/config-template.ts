import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../support/checkout.ts";

/** Keys and values of one section of a configuration file. Strings are quoted, everything else is not. */
export type Settings = Readonly<Record<string, string | number | boolean>>;

/** Sections by their names, without brackets. */
export type Sections = Readonly<Record<string, Settings>>;

/**
 * The text of conf/client.conf or conf/server.conf with other values for keys of [general], which it must show, and with
 * these sections in place of its example sections. Throws an Error naming a key that the template does not show.
 */
export function fillTemplate(role: "client" | "server", general: Settings, sections: Sections): string {
  const template = readFileSync(join(ROOT, "conf", `${role}.conf`), "utf8");
  const start = template.indexOf("[general]");
  const examples = template.slice(start + 1).search(/^;?\[/m) + start + 1;
  let text = examples > start ? template.slice(0, examples) : template;
  for (const [key, value] of Object.entries(general)) {
    const line = new RegExp(`^(; )?${key} = .*$`, "m");
    if (!line.test(text)) throw new Error(`conf/${role}.conf does not show ${key}`);
    text = text.replace(line, () => `${key} = ${quoted(value)}`);
  }
  return [text.trimEnd(), ...Object.entries(sections).map(section), ""].join("\n\n");
}

function section([name, settings]: [string, Settings]): string {
  const lines = Object.entries(settings).map(([key, value]) => `${key} = ${quoted(value)}`);
  return [`[${name}]`, ...lines].join("\n");
}

function quoted(value: string | number | boolean): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "number" ? String(value) : `"${value}"`;
}
