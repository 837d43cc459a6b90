import { accessSync, constants, existsSync } from "node:fs";
import { networkInterfaces } from "node:os";
import type { GeneralConfig } from "../config/general-config.ts";
import type { Secret } from "../config/secret.ts";
import { formatDuration } from "../config/values/duration.ts";
import { type IpAddress, isSameAddress, isUnspecified, parseIpAddress } from "../config/values/ip-address.ts";
import { formatRateSetting } from "../config/values/rate-setting.ts";
import type { RateLimits } from "../protocol/link/configured-rate.ts";
import { isRandomKey } from "../runtime/secret-key.ts";

/** What `hawser check` found out about a file. `isUsable`: everything that it names could be found. */
export type CheckReport = {
  readonly lines: readonly string[];
  readonly warnings: readonly string[];
  readonly isUsable: boolean;
};

const LABEL_WIDTH = 12;

/** One line of a report: an indented label and what is to say of it. */
export function labelled(label: string, text: string): string {
  return `  ${label.padEnd(LABEL_WIDTH)} ${text}`;
}

/** What [general] says on either end. */
export function describeGeneral(config: GeneralConfig): readonly string[] {
  const { mtu, mrru, scheduler, retransmit, redundancy, cipher, keepalive, timeout, reorderWait } = config;
  const dead = timeout === "auto" ? "auto" : formatDuration(timeout);
  return [
    labelled("mtu", `${mtu}, packets of up to ${mrru} bytes are put together`),
    labelled("sending", `${scheduler}, retransmit ${retransmit}, redundancy ${redundancy}`),
    labelled("cipher", cipher),
    labelled("times", `keepalive ${formatDuration(keepalive)}, timeout ${dead}, wait ${formatDuration(reorderWait)}`),
    labelled("status", `${config.controlSocket}${config.statusCommand ? `, calls ${config.statusCommand}` : ""}`),
  ];
}

/** What is known of a line's rate: that in the file, in bits and in the file's own unit, or that it is found. */
export function describeLimits(limits: RateLimits): string {
  if (limits.kind === "ceiling") return `${formatRateSetting(limits)} (${limits.rate} bytes per second)`;
  return limits.kind === "range" ? `${formatRateSetting(limits)}, found in use` : "found in use";
}

/** Doubts about a secret: one that people can remember can be guessed. */
export function doubtSecret(secret: Secret | undefined, section: string): readonly string[] {
  if (secret === undefined || isRandomKey(secret.reveal())) return [];
  return [`[${section}] password is not a key of \`hawser genkey\`: whoever records the traffic can try to guess it`];
}

/** Doubts about what [general] names on this machine. */
export function doubtGeneral({ statusCommand }: GeneralConfig): readonly string[] {
  if (statusCommand === undefined) return [];
  try {
    accessSync(statusCommand, constants.X_OK);
    return [];
  } catch {
    return [`[general] statuscommand: ${statusCommand} is not there or may not be run`];
  }
}

/** Doubts about a network device that is not there now. */
export function doubtDevice(device: string | undefined, where: string): readonly string[] {
  if (device === undefined || existsSync(`/sys/class/net/${device}`)) return [];
  return [`${where}: there is no device ${device} now`];
}

/** Doubts about a local address that no device has now. */
export function doubtAddress(address: IpAddress | undefined, where: string): readonly string[] {
  if (address === undefined || isUnspecified(address) || hasAddress(address)) return [];
  return [`${where}: no device has the address ${address.text} now`];
}

function hasAddress(wanted: IpAddress): boolean {
  const isLoopback = wanted.family === 4 && wanted.bytes[0] === 127;
  if (isLoopback) return true;
  return Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => {
      const own = parseIpAddress(address);
      return own !== undefined && isSameAddress(own, wanted);
    }),
  );
}
