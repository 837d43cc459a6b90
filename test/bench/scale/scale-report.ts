import { textTable } from "../../support/text-table.ts";
import type { Claim } from "../results/claims.ts";
import type { ScaleResult } from "./scale.ts";
import type { Direction, Load } from "./traffic.ts";

const MEBIBYTE = 1 << 20;
const MEMORY_HEADINGS = ["clients", "memory, idle", "memory, active", "idle", "connected in"] as const;
const SPEED_HEADINGS = [
  "clients",
  "direction",
  "load",
  "packets/s",
  "lost",
  "server µs/packet",
  "server",
  "clients' process",
] as const;
const MANY = 1000;
const ACTIVE = 100;
const MOST_IDLE_SHARE = 0.05;
const MOST_MEMORY = 200 * MEBIBYTE;
const LEAST_SPEED = 0.8;
const MOST_MEMORY_PER_CLIENT = 64 * 1024;

/** The tables of what a server does with more and more clients: at rest, and at full speed. */
export function scaleTables(results: readonly ScaleResult[], isMarkdown: boolean): string[] {
  const atRest = results.map(({ clients, idleMemory, activeMemory, idleShare, connectSeconds }) => [
    String(clients),
    inMebibytes(idleMemory),
    inMebibytes(activeMemory),
    percent(idleShare),
    `${connectSeconds.toFixed(1)} s`,
  ]);
  const speeds = results.flatMap(({ clients, speeds: measured }) =>
    measured.flatMap(({ direction, equal, most }) => [
      [String(clients), direction, "equal", ...speedCells(equal)],
      [String(clients), direction, "most", ...speedCells(most)],
    ]),
  );
  return [textTable(MEMORY_HEADINGS, atRest, isMarkdown), textTable(SPEED_HEADINGS, speeds, isMarkdown)];
}

/** What is claimed of many clients, with what was measured. */
export function scaleClaims(results: readonly ScaleResult[]): Claim[] {
  const [one, active, many] = [1, ACTIVE, MANY].map((count) => results.find(({ clients }) => clients === count));
  if (one === undefined || active === undefined || many === undefined) return [];
  const perClient = (many.idleMemory - one.idleMemory) / (MANY - 1);
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
    ...DIRECTIONS.map((direction) => {
      const speed = packetsPerCpuSecond(active, direction) / packetsPerCpuSecond(one, direction);
      const text = `packets per CPU second with ${ACTIVE} active clients to those with one, ${direction}, at the most`;
      return claim(text, "at least 80 %", percent(speed), speed >= LEAST_SPEED);
    }),
  ];
}

const DIRECTIONS: readonly Direction[] = ["up", "down"];

function packetsPerCpuSecond({ speeds }: ScaleResult, wanted: Direction): number {
  const speed = speeds.find(({ direction }) => direction === wanted);
  return speed === undefined ? Number.NaN : 1e6 / speed.most.microsecondsPerPacket;
}

const speedCells = ({
  packetsPerSecond,
  lossShare,
  microsecondsPerPacket,
  serverShare,
  clientsShare,
}: Load): string[] => [
  `${(packetsPerSecond / 1e3).toFixed(1)} k/s`,
  percent(lossShare),
  microsecondsPerPacket.toFixed(2),
  percent(serverShare),
  percent(clientsShare),
];

const inMebibytes = (bytes: number): string => `${(bytes / MEBIBYTE).toFixed(0)} MiB`;

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
