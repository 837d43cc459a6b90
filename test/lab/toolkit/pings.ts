import { WEB_ADDRESS } from "./home-network.ts";
import type { Lab } from "./lab.ts";
import type { Namespace } from "./namespace.ts";

const INTERVAL_SECONDS = 0.05;
const LOST_AFTER_SECONDS = 5;
const SLACK_MS = 20_000;

/** What differs from the usual about pings. */
export type PingOptions = {
  /** The address to send from, where there are several. */
  readonly bind?: string;
  /** Who is asked: the internet host when left out. */
  readonly target?: string;
  /** Between two pings; 50 ms when left out. */
  readonly intervalSeconds?: number;
};

/**
 * Sends pings for so long. Answers the round-trip times in milliseconds in the order of sending; a ping that was lost
 * has taken forever.
 */
export async function runPings(
  lab: Lab,
  from: Namespace,
  seconds: number,
  { bind, target = WEB_ADDRESS, intervalSeconds = INTERVAL_SECONDS }: PingOptions = {},
): Promise<number[]> {
  const count = Math.round(seconds / intervalSeconds);
  const ping = lab.start(from, "ping", [
    ...["-n", "-i", String(intervalSeconds), "-c", String(count), "-W", String(LOST_AFTER_SECONDS)],
    ...(bind === undefined ? [] : ["-I", bind]),
    target,
  ]);
  // Its exit code only says whether anything came back.
  await ping.end(seconds * 1000 + SLACK_MS);
  if (!/packets transmitted/.test(ping.output)) throw new Error(`ping failed:\n${ping.output}`);
  const times = new Array<number>(count).fill(Number.POSITIVE_INFINITY);
  for (const [, sequence, time] of ping.output.matchAll(/icmp_seq=(\d+) .*time=([\d.]+) ms$/gm))
    times[Number(sequence) - 1] = Number(time);
  return times;
}

/** The pings that were sent between two times in seconds since they began. */
export const pingsBetween = (times: readonly number[], from: number, to: number): number[] =>
  times.slice(Math.round(from / INTERVAL_SECONDS), Math.round(to / INTERVAL_SECONDS));
