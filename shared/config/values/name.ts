import { parseIpAddress } from "./ip-address.ts";

const LONGEST_HOST_NAME = 253;

/** What a client's or link's name must look like, for error texts. */
export const NAME_EXPECTED = "expected a name of at most 64 letters, digits, dots, hyphens, underscores or @";

/** Whether a text can be the name of a client or a link: 1 to 64 letters, digits and `. - _ @`. */
export function isName(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,63}$/.test(text);
}

// Words that begin or are sections of another kind.
const RESERVED: ReadonlySet<string> = new Set(["general", "client", "link", "filters"]);

/** Whether a section's name can be that of a link. */
export function isLinkName(text: string): boolean {
  return isName(text) && !RESERVED.has(text);
}

/** Reads the name of a client or a link; undefined when it cannot be one. */
export function parseName(text: string): string | undefined {
  return isName(text) ? text : undefined;
}

/** Reads a host name (RFC 1123 §2.1) or an IP address, the latter into its canonical form. */
export function parseHost(text: string): string | undefined {
  const address = parseIpAddress(text);
  if (address !== undefined) return address.text;
  const labels = text.replace(/\.$/, "").split(".");
  const areLabels = labels.every((label) => /^(?!-)[A-Za-z0-9_-]{1,63}(?<!-)$/.test(label));
  const isNumeric = /^\d+$/.test(labels.at(-1) ?? "");
  return areLabels && !isNumeric && text.length <= LONGEST_HOST_NAME ? text : undefined;
}

/** Reads a network interface's name by the kernel's own rule: 1 to 15 bytes, no slash, colon or white space. */
export function parseInterfaceName(text: string): string | undefined {
  if (text === "." || text === ".." || /[\s/:%]/.test(text)) return undefined;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a control character in a name is a mistake
  if (/[\u0000-\u001f\u007f]/.test(text)) return undefined;
  const length = Buffer.byteLength(text);
  return length >= 1 && length <= 15 ? text : undefined;
}

/** Reads the path of a file, from the root. */
export function parseAbsolutePath(text: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a control character in a path is a mistake
  return text.startsWith("/") && !/[\u0000-\u001f\u007f]/.test(text) ? text : undefined;
}
