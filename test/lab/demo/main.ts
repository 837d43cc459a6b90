// `npm run demo`: a home with two internet lines on this machine, in network namespaces, with real daemons, real NAT and
// real downloads. Ends with exit code 0 only if bonding worked.
import process from "node:process";
import { bytes, milliseconds } from "../../../shared/protocol/units.ts";
import { runHawser } from "../toolkit/daemon.ts";
import { buildHomeNetwork, type HomeLine, type HomeNetwork, unevenLine } from "../toolkit/home-network.ts";
import { Lab } from "../toolkit/lab.ts";
import { payloadCapacity, plainCapacity } from "../toolkit/payload-capacity.ts";
import { missingForLab } from "../toolkit/requirements.ts";
import { addressSeenByServer, finished, startDownload, startWebServer } from "../toolkit/transfers.ts";
import { capacityLines, prepareTunnel, startTunnel, type Tunnel } from "../toolkit/tunnel.ts";
import { rateBetween } from "../tools/transfer-meter.ts";
import { downloadWithCut } from "./cut.ts";
import { heading, inMegabits, percent, row, say } from "./output.ts";

const LINES: readonly [HomeLine, HomeLine] = [
  unevenLine("dsl", 30, 10, milliseconds(10)),
  unevenLine("lte", 12, 4, milliseconds(25)),
];
const WARM_UP_SECONDS = 2;
const ALONE_SECONDS = 6;
const BONDED_SECONDS = 9;
const BONDED_AT_LEAST = 0.85;

async function main(): Promise<boolean> {
  const missing = missingForLab();
  if (missing !== false) {
    say(`The demo ${missing}.`);
    return false;
  }
  const lab = await Lab.create();
  try {
    return await demonstrate(lab);
  } catch (error) {
    say(`\nThe demo failed: ${error instanceof Error ? error.message : error}`);
    return false;
  } finally {
    await lab.close();
    say("\nEverything is removed: namespaces, devices, processes and files.");
  }
}

async function demonstrate(lab: Lab): Promise<boolean> {
  describeNetwork();
  const network = await buildHomeNetwork(lab, LINES);
  await startWebServer(lab, network.web);
  const sum = await measureLinesAlone(lab, network);
  const tunnel = await prepareTunnel(lab, network, LINES);
  await startTunnel(tunnel, LINES.length);
  const isFastEnough = await measureBonded(lab, network, tunnel, sum);
  const hasSurvived = await downloadWithCut(lab, network, LINES, LINES[0]);
  heading("Result");
  const hasWorked = isFastEnough && hasSurvived;
  say(hasWorked ? "Bonding works." : "Bonding did NOT work as promised. What the server decided:");
  if (!hasWorked) say(await runHawser("explain", "--interface", tunnel.server.socket));
  return hasWorked;
}

function describeNetwork(): void {
  say("home PC ─ router with hawser client ═ two lines ═ VPS with hawser server ─ web server\n");
  for (const { name, down, up } of LINES)
    row(name, `${lineRate(down.rate)} down, ${lineRate(up.rate)} up, ${down.delay} ms each way`);
}

const lineRate = (rate: HomeLine["up"]["rate"]): string => (typeof rate === "number" ? inMegabits(rate) : "a trace");

async function measureLinesAlone(lab: Lab, network: HomeNetwork): Promise<number> {
  heading("1. What this home has without Hawser: one line at a time, through the router's NAT");
  let sum = 0;
  for (const [index, line] of LINES.entries()) {
    const route = `default via 100.64.${index + 1}.1 metric 1`;
    await network.router.ip(`route add ${route}`);
    const transfer = await finished(startDownload(lab, network.home, ALONE_SECONDS), ALONE_SECONDS);
    await network.router.ip(`route delete ${route}`);
    const rate = rateBetween(transfer, WARM_UP_SECONDS, ALONE_SECONDS);
    const [capacity = Number.NaN] = capacityLines([line], "down").map(plainCapacity);
    row(`${line.name} alone`, `${inMegabits(rate)}, ${percent(rate / capacity)} of what TCP can get from it`);
    sum += rate;
  }
  row("sum", inMegabits(sum));
  return sum;
}

async function measureBonded(lab: Lab, network: HomeNetwork, tunnel: Tunnel, sum: number): Promise<boolean> {
  heading("2. With Hawser: one download over both lines, through the VPS's NAT");
  row("the web sees", await addressSeenByServer(network.home));
  const transfer = await finished(startDownload(lab, network.home, BONDED_SECONDS), BONDED_SECONDS);
  const rate = rateBetween(transfer, WARM_UP_SECONDS, BONDED_SECONDS);
  const [bundle] = (await tunnel.client.status()).bundles;
  const capacity = payloadCapacity(capacityLines(LINES, "down"), bytes(bundle?.mtu ?? 0));
  row("bonded", inMegabits(rate));
  row("of the sum", percent(rate / sum));
  row(
    "of the capacity",
    `${percent(rate / capacity)} of ${inMegabits(capacity)}, the TCP payload that both lines can carry`,
  );
  return rate >= BONDED_AT_LEAST * capacity;
}

process.exitCode = (await main()) ? 0 : 1;
