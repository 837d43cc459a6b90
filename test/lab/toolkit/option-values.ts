import type { Settings } from "./config-template.ts";

/** Settings from a command line, for [general] of both daemons' files and for every link section. */
export type DaemonSettings = Readonly<Record<"client" | "server" | "link", Settings>>;

/** A whole number of at least 1, or undefined where the option was left out. Throws a TypeError naming the option. */
export function optionalNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(value >= 1 && Number.isInteger(value))) throw new TypeError(`--${name} ${text}: expected a whole number`);
  return value;
}

/** Reads KEY=VALUE, client.KEY=VALUE, server.KEY=VALUE and link.KEY=VALUE. Throws a TypeError for anything else. */
export function parseSettings(texts: readonly string[]): DaemonSettings {
  const settings: Record<"client" | "server" | "link", Record<string, string>> = { client: {}, server: {}, link: {} };
  for (const text of texts) {
    const [, section = "client", key = "", value = ""] = /^(?:(client|server|link)\.)?(\w+)=(.*)$/.exec(text) ?? [];
    if (key === "") throw new TypeError(`--set-key ${text}: expected KEY=VALUE, server.KEY=VALUE or link.KEY=VALUE`);
    if (section === "client" || section === "server" || section === "link") settings[section][key] = value;
  }
  return settings;
}
