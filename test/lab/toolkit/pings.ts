import { WEB_ADDRESS } from "./home-network.ts";
import type { Lab } from "./lab.ts";
import type { Namespace } from "./namespace.ts";

const INTERVAL_SECONDS = 0.05;
const LOST_AFTER_SECONDS = 5;
const SLACK_MS = 20_000;

/**
 * Sends the internet host a ping every 50 ms for so long. Answers the round-trip times in milliseconds in the order of
 * sending; a ping that was lost has taken forever. `bind` is the address to send from, where there are several.
 */
export async function runPings(lab: Lab, from: Namespace, seconds: number, bind?: string): Promise<number[]> {
  const count = Math.round(seconds / INTERVAL_SECONDS);
  const ping = lab.start(from, "ping", [
    ...["-n", "-i", String(INTERVAL_SECONDS), "-c", String(count), "-W", String(LOST_AFTER_SECONDS)],
    ...(bind === undefined ? [] : ["-I", bind]),
    WEB_ADDRESS,
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
