import type { HomeLine, HomeNetwork } from "../toolkit/home-network.ts";
import type { Lab } from "../toolkit/lab.ts";
import { finished, startDownload } from "../toolkit/transfers.ts";
import { heading, row, say } from "./output.ts";

const SECONDS = 16;
const CUT_AT = 5;
const RESTORED_AT = 10;
const COLUMN = 12;

/**
 * One download, during which a line is cut in silence and restored: writes what each line carried in each second, and
 * what the home PC received. False when the download's connection broke.
 */
export async function downloadWithCut(
  lab: Lab,
  network: HomeNetwork,
  lines: readonly HomeLine[],
  victim: HomeLine,
): Promise<boolean> {
  heading(`3. One download while ${victim.name} is cut without a word, and comes back (Mbit/s)`);
  const download = startDownload(lab, network.home, SECONDS);
  say(columns(["second", ...lines.map(({ name }) => name), "download"]));
  let before = await carried(network, lines);
  for (let second = 0; second < SECONDS; second++) {
    const [, received = "0"] = await download.line(new RegExp(`^second ${second}: (\\d+)`));
    const after = await carried(network, lines);
    const rates = after.map((count, index) => count - (before[index] ?? 0));
    say(
      columns([String(second + 1), ...[...rates, Number(received)].map(megabits)]) +
        (await intervene(network, victim, second + 1)),
    );
    before = after;
  }
  try {
    const { longestGapMs } = await finished(download, SECONDS);
    say("");
    row("longest gap", `${longestGapMs.toFixed(0)} ms in which nothing arrived; the connection held`);
    return true;
  } catch (error) {
    say(`The download broke: ${error instanceof Error ? error.message : error}`);
    return false;
  }
}

async function intervene({ relay }: HomeNetwork, { name }: HomeLine, second: number): Promise<string> {
  if (second === CUT_AT) {
    await relay.cut(name);
    return `   <- ${name} is cut now`;
  }
  if (second === RESTORED_AT) {
    await relay.restore(name);
    return `   <- ${name} is back now`;
  }
  return "";
}

async function carried({ relay }: HomeNetwork, lines: readonly HomeLine[]): Promise<number[]> {
  return await Promise.all(lines.map(async ({ name }) => (await relay.counts(name)).down.delivered.bytes));
}

const columns = (cells: readonly string[]): string => cells.map((cell) => cell.padStart(COLUMN)).join("");

const megabits = (bytesInSecond: number): string => ((bytesInSecond * 8) / 1e6).toFixed(1);
