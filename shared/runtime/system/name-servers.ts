import { realpath } from "node:fs/promises";
import type { HostChange } from "./host-change.ts";
import { readIfPresent, replaceFile } from "./host-file.ts";

/** Where the C library looks for name servers. */
export const RESOLVER_FILE = "/etc/resolv.conf";

const RESOLVED_DIRECTORY = "/run/systemd/resolve/";
const FIRST_LINE = "# Written by hawser while its tunnel is up. The lines after #= are the file as it was.\n";
const SAVED = "#= ";

/**
 * What makes the host ask name servers by a device: systemd-resolved is told when /etc/resolv.conf leads to it, else
 * the file is replaced.
 */
export async function planNameServers(device: string, servers: readonly string[]): Promise<HostChange[]> {
  if (servers.length === 0) return [];
  const target = await realpath(RESOLVER_FILE).catch(() => RESOLVER_FILE);
  if (target.startsWith(RESOLVED_DIRECTORY)) return [{ kind: "resolver", device, servers: [...servers] }];
  const before = await readIfPresent(RESOLVER_FILE);
  return [{ kind: "file", path: RESOLVER_FILE, content: resolverFile(servers, before ?? "") }];
}

/** The content of resolv.conf for our name servers; options and search domains of the file before are kept. */
export function resolverFile(servers: readonly string[], before: string): string {
  // A file that another of our daemons wrote already holds the host's own: saving it twice would nest them.
  const original = savedContent(before) ?? before;
  const lines = original.split("\n").filter((line, index, all) => index < all.length - 1 || line !== "");
  const kept = lines.filter((line) => /^\s*(search|domain|options|sortlist)\b/.test(line));
  const active = [...servers.map((server) => `nameserver ${server}`), ...kept];
  return `${FIRST_LINE}${[...active, ...lines.map((line) => SAVED + line)].join("\n")}\n`;
}

/** The file as it was before ours, or null when a content is not ours. */
export function savedContent(content: string): string | null {
  if (!content.startsWith(FIRST_LINE)) return null;
  const saved = content.split("\n").filter((line) => line.startsWith(SAVED));
  return saved.map((line) => `${line.slice(SAVED.length)}\n`).join("");
}

/**
 * Puts resolv.conf back when it is still ours though no daemon of ours runs: /run, and the journal with it, is lost
 * when the power fails, and a tunnel cannot find its server by a name server that is behind the tunnel.
 */
export async function restoreNameServers(): Promise<string[]> {
  const original = savedContent((await readIfPresent(RESOLVER_FILE)) ?? "");
  if (original === null) return [];
  await replaceFile(RESOLVER_FILE, original);
  return [`tee ${RESOLVER_FILE}`];
}
