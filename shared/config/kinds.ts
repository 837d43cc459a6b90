import { SCHEDULERS } from "../protocol/scheduler/schedulers.ts";
import type { Cipher } from "../protocol/seal/aead.ts";
import { type Milliseconds, milliseconds, seconds } from "../protocol/units.ts";
import { kind } from "./key.ts";
import { Secret } from "./secret.ts";
import { parseDuration } from "./values/duration.ts";
import { type IpPrefix, parseIpAddress, parseIpPrefix, parseNetwork } from "./values/ip-address.ts";
import { OVERHEAD_EXPECTED, parseLineOverhead } from "./values/line-overhead.ts";
import * as limits from "./values/link-limits.ts";
import { NAME_EXPECTED, parseAbsolutePath, parseHost, parseInterfaceName, parseName } from "./values/name.ts";
import { integer, listOf, oneOf, parseYesNo, wholeNumber } from "./values/plain.ts";
import { parseRateSetting, RATE_SETTING_EXPECTED } from "./values/rate-setting.ts";

const LARGEST_WORD = 0xffff_ffff;

const ROLES = ["client", "server"] as const;
const CIPHER_NAMES: readonly Cipher[] = ["aes-256-gcm", "chacha20-poly1305"];
/** The log levels, from everything to almost nothing. */
export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal"] as const;
const LOG_FORMATS = ["auto", "json", "text"] as const;

/** Which of the two daemons a file is for. */
export type Role = (typeof ROLES)[number];
/** pino's levels. */
export type LogLevel = (typeof LOG_LEVELS)[number];
/** JSON lines, text for people, or text when the log goes to a terminal. */
export type LogFormat = (typeof LOG_FORMATS)[number];

/** Whether something is done where it helps, or never. */
export type AutoOrNo = "auto" | "no";

/** The kinds of values that keys have: how each is read, and what the error says when it cannot be. */
export const role = kind(oneOf(ROLES), `expected "client" or "server"`);
export const secret = kind(parseSecret, "expected the secret that both ends share, as `hawser genkey` prints it");
export const secretFile = kind(parsePath, "expected the path of a file that holds the secret");
export const name = kind(parseName, NAME_EXPECTED);
export const interfaceName = kind(
  parseInterfaceName,
  "expected the name of a network interface: at most 15 bytes, no slash, colon or space",
);
export const host = kind(parseHost, "expected a host name or an IP address");
export const port = kind(wholeNumber(1, 65535), "expected a port from 1 to 65535");
export const address = kind(parseIpAddress, "expected an IP address such as 192.168.8.100");
export const addresses = kind(listOf(parseIpAddress), "expected IP addresses separated by spaces or commas");
export const address4 = kind(ofFamily(4, parseIpAddress), "expected an IPv4 address such as 10.44.43.7");
export const address6 = kind(ofFamily(6, parseIpAddress), "expected an IPv6 address such as fd44::7");
export const prefix4 = kind(
  prefixOfFamily(4),
  "expected an IPv4 address with its prefix length, such as 10.44.43.1/24",
);
export const prefix6 = kind(prefixOfFamily(6), "expected an IPv6 address with its prefix length, such as fd44::1/64");
export const networks = kind(
  listOf(parseNetwork),
  "expected networks such as 192.168.1.0/24, separated by spaces or commas, with no bit set behind the prefix",
);
export const yesNo = kind(parseYesNo, "expected yes or no");
export const autoOrNo = kind(parseAutoOrNo, "expected auto or no");
export const rateLimits = kind(parseRateSetting, RATE_SETTING_EXPECTED);
export const overhead = kind(parseLineOverhead, OVERHEAD_EXPECTED);
export const quota = kind(limits.parseQuota, limits.QUOTA_EXPECTED);
export const resetDay = kind(limits.parseResetDay, limits.RESET_DAY_EXPECTED);
export const quotaAction = kind(limits.parseQuotaAction, limits.QUOTA_ACTION_EXPECTED);
export const priority = kind(limits.parsePriority, limits.PRIORITY_EXPECTED);
export const lossTolerance = kind(limits.parseLossTolerance, limits.LOSS_TOLERANCE_EXPECTED);
export const latencyTolerance = kind(limits.parseLatencyTolerance, limits.LATENCY_TOLERANCE_EXPECTED);
export const keepalive = kind(
  durationBetween(milliseconds(100), seconds(3600)),
  'expected seconds from 0.1 to 3600, such as 5, or a time with a unit: "500 ms", "2 min"',
);
export const timeout = kind(
  orAuto(durationBetween(milliseconds(100), seconds(3600))),
  'expected auto, or seconds from 0.1 to 3600, or a time with a unit: "800 ms"',
);
export const reorderWait = kind(
  durationBetween(milliseconds(1), seconds(10)),
  'expected seconds up to 10, or a time with a unit: "300 ms"',
);
export const lineMtu = kind(wholeNumber(576, 65535), "expected bytes from 576 to 65535");
export const autoOrMtu = kind(orAuto(wholeNumber(576, 65535)), "expected auto, or bytes from 576 to 65535");
export const mrru = kind(wholeNumber(1500, 65535), "expected bytes from 1500 to 65535");
export const clientCount = kind(wholeNumber(1, 65535), "expected a number from 1 to 65535");
export const workers = kind(orAuto(wholeNumber(1, 16)), "expected auto, or a number from 1 to 16");
export const nice = kind(integer(-20, 19), "expected a number from -20 to 19; less is sooner");
export const table = kind(parseTable, "expected the number or the name of a routing table");
export const mark = kind(
  wholeNumber(1, LARGEST_WORD),
  "expected a firewall mark from 1 to 4294967295, or in hex: 0x51",
);
export const scheduler = kind(oneOf(SCHEDULERS), `expected one of ${SCHEDULERS.join(", ")}`);
export const cipher = kind(orAuto(oneOf(CIPHER_NAMES)), `expected auto, ${CIPHER_NAMES.join(" or ")}`);
export const scriptPath = kind(parseAbsolutePath, "expected the path of a program, from the root: /etc/hawser/up.sh");
export const socketPath = kind(parseSocketPath, "expected a path from the root of at most 107 bytes");
export const logLevel = kind(oneOf(LOG_LEVELS), `expected one of ${LOG_LEVELS.join(", ")}`);
export const logFormat = kind(oneOf(LOG_FORMATS), `expected one of ${LOG_FORMATS.join(", ")}`);

/** Whose name servers a client uses: none, those that the server tells, or those of the file. */
export const clientDns = kind(
  (text: string) => parseYesNo(text) ?? listOf(parseIpAddress)(text),
  "expected yes (those that the server tells), no, or IP addresses separated by spaces or commas",
);

function parseSecret(text: string): Secret | undefined {
  return text === "" ? undefined : new Secret(text);
}

function parsePath(text: string): string | undefined {
  return text === "" || text.includes("\0") ? undefined : text;
}

function durationBetween(shortest: Milliseconds, longest: Milliseconds) {
  return (text: string): Milliseconds | undefined => {
    const duration = parseDuration(text);
    return duration !== undefined && duration >= shortest && duration <= longest ? duration : undefined;
  };
}

function parseAutoOrNo(text: string): AutoOrNo | undefined {
  if (text === "auto") return "auto";
  return parseYesNo(text) === false ? "no" : undefined;
}

function parseTable(text: string): string | undefined {
  const number = wholeNumber(1, LARGEST_WORD)(text);
  if (number !== undefined) return String(number);
  return /^[A-Za-z][\w.-]{0,62}$/.test(text) ? text : undefined;
}

// unix(7): sun_path has 108 bytes with the final zero.
function parseSocketPath(text: string): string | undefined {
  return Buffer.byteLength(text) <= 107 ? parseAbsolutePath(text) : undefined;
}

function orAuto<Value>(parse: (text: string) => Value | undefined): (text: string) => Value | "auto" | undefined {
  return (text) => (text === "auto" ? "auto" : parse(text));
}

function ofFamily<Value extends { readonly family: 4 | 6 }>(
  family: 4 | 6,
  parse: (text: string) => Value | undefined,
) {
  return (text: string): Value | undefined => {
    const value = parse(text);
    return value?.family === family ? value : undefined;
  };
}

function prefixOfFamily(family: 4 | 6): (text: string) => IpPrefix | undefined {
  return (text) => {
    const prefix = parseIpPrefix(text);
    return prefix?.address.family === family ? prefix : undefined;
  };
}
