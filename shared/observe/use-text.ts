import { millisecondsText } from "./people-text.ts";

/** Says whether a link gets traffic, and why not: "benched: it loses 21 % of what is sent, ...; tried again in 30 s". */
export function useText(use: "used" | "reserved" | "benched", reason: string | null, retryMs: number | null): string {
  const retry = retryMs === null ? "" : `; tried again ${retryMs <= 0 ? "now" : `in ${millisecondsText(retryMs)}`}`;
  return `${use}${reason === null ? "" : `: ${reason}`}${retry}`;
}
