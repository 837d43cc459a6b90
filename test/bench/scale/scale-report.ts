import { textTable } from "../../support/text-table.ts";
import type { Claim } from "../results/claims.ts";
import type { ScaleResult } from "./scale.ts";

const MEBIBYTE = 1 << 20;
const HEADINGS = [
  "clients",
  "memory, idle",
  "memory, active",
  "idle",
  "packets/s",
  "lost",
  "server µs/packet",
] as const;
const MANY = 1000;
const ACTIVE = 100;
const MOST_IDLE_SHARE = 0.05;
const MOST_MEMORY = 200 * MEBIBYTE;
const LEAST_SPEED = 0.8;
const MOST_MEMORY_PER_CLIENT = 64 * 1024;

/** The table of what a server does with more and more clients. */
export function scaleTable(results: readonly ScaleResult[], isMarkdown: boolean): string {
  const rows = results.map((result) => [
    String(result.clients),
    inMebibytes(result.idleMemory),
    inMebibytes(result.activeMemory),
    percent(result.idleShare),
    `${(result.packetsPerSecond / 1e3).toFixed(1)} k/s`,
    percent(result.lossShare),
    result.microsecondsPerPacket.toFixed(2),
  ]);
  return textTable(HEADINGS, rows, isMarkdown);
}

/** What is claimed of many clients, with what was measured. */
export function scaleClaims(results: readonly ScaleResult[]): Claim[] {
  const [one, active, many] = [1, ACTIVE, MANY].map((count) => results.find(({ clients }) => clients === count));
  if (one === undefined || active === undefined || many === undefined) return [];
  const perClient = (many.idleMemory - one.idleMemory) / (MANY - 1);
  const speed = one.microsecondsPerPacket / active.microsecondsPerPacket;
  const claim = (text: string, wanted: string, measured: string, isReached: boolean): Claim => ({
    number: "6",
    text: `scale: ${text}`,
    wanted,
    measured,
    isReached,
  });
  return [
    claim(
      `idle with ${MANY} clients`,
      "below 5 % of a core",
      percent(many.idleShare),
      many.idleShare < MOST_IDLE_SHARE,
    ),
    claim(
      `memory with ${MANY} idle clients`,
      "below 200 MiB",
      inMebibytes(many.idleMemory),
      many.idleMemory < MOST_MEMORY,
    ),
    claim(
      "memory for each further idle client",
      "below 64 KiB",
      `${(perClient / 1024).toFixed(0)} KiB`,
      perClient < MOST_MEMORY_PER_CLIENT,
    ),
    claim(
      `packets per CPU second with ${ACTIVE} active clients to those with one`,
      "at least 80 %",
      percent(speed),
      speed >= LEAST_SPEED,
    ),
  ];
}

const inMebibytes = (bytes: number): string => `${(bytes / MEBIBYTE).toFixed(0)} MiB`;

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
