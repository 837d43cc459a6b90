import { textTable } from "../../support/text-table.ts";
import { CLAIMANT, type Claim } from "./claims.ts";
import type { FigureName, Measurement } from "./measurement.ts";
import { ratioOf, type Summary, summaryOf } from "./summary.ts";

const HEADINGS = [
  ...["case", "subject", "median", "least to most", `${CLAIMANT} is`, "per CPU second", `${CLAIMANT} is`],
  ...["client µs/packet", "server µs/packet", "client s/GB", "server s/GB", "lost inside", "busy"],
] as const;

const CLAIM_HEADINGS = ["claim", "what", "wanted", "measured", "reached"] as const;

/** Which figure tells most of a case, by what there is: it comes first, and the claimant is compared by it. */
const RATES: readonly FigureName[] = ["bitsPerSecond", "packetsPerSecond", "pingMedian"];

/** The table of all cases and subjects, in the order in which the cases were measured. */
export function measurementTable(measurements: readonly Measurement[], isMarkdown: boolean): string {
  const pairs = new Map(
    measurements.map(({ caseName, subject }) => [`${caseName}\n${subject}`, { caseName, subject }]),
  );
  const inOrder = [...pairs.values()].toSorted((a, b) => caseOrder(measurements, a) - caseOrder(measurements, b));
  const rows = inOrder.map(({ caseName, subject }) => rowOf(measurements, caseName, subject));
  return textTable(HEADINGS, rows, isMarkdown);
}

/** The table of those claims of which something was measured; none where nothing was. */
export function claimTable(all: readonly Claim[], isMarkdown: boolean): string[] {
  const measured = all.filter((claim) => claim.measured !== undefined);
  return measured.length === 0 ? [] : [textTable(CLAIM_HEADINGS, measured.map(claimRow), isMarkdown)];
}

/** What one measurement says, in a line for somebody who waits. */
export function measurementText({ figures }: Measurement): string {
  const parts = RATES.flatMap((name) => {
    const value = figures[name];
    return value === undefined ? [] : [figureText(name, value)];
  });
  if (figures.pingP99 !== undefined) parts.push(`p99 ${figureText("pingP99", figures.pingP99)}`);
  if (figures.bitsPerCpuSecond !== undefined)
    parts.push(`${figureText("bitsPerCpuSecond", figures.bitsPerCpuSecond)} per CPU second`);
  for (const [name, count] of Object.entries(figures.losses ?? {})) parts.push(`${name}: ${count}`);
  return parts.join(", ");
}

const caseOrder = (measurements: readonly Measurement[], { caseName }: { readonly caseName: string }): number =>
  measurements.findIndex((one) => one.caseName === caseName);

function rowOf(measurements: readonly Measurement[], caseName: string, subject: string): string[] {
  const summary = (figure: FigureName): Summary | undefined => summaryOf(measurements, caseName, subject, figure);
  const cell = (figure: FigureName): string => {
    const found = summary(figure);
    return found === undefined ? "" : figureText(figure, found.median);
  };
  const compared = (figure: FigureName): string => {
    const ratio = ratioOf(measurements, caseName, [CLAIMANT, subject], figure);
    return ratio === undefined || subject === CLAIMANT ? "" : `${ratio.toFixed(2)} ×`;
  };
  const rate = RATES.find((name) => summary(name) !== undefined) ?? "bitsPerSecond";
  const found = summary(rate);
  const efficiency = rate === "packetsPerSecond" ? "packetsPerCpuSecond" : "bitsPerCpuSecond";
  const range = found === undefined ? "" : `${figureText(rate, found.least)} to ${figureText(rate, found.most)}`;
  const middle = summary("pingP99") === undefined ? cell(rate) : `${cell(rate)}, p99 ${cell("pingP99")}`;
  return [
    ...[caseName, subject, middle, range, compared(rate), cell(efficiency), compared(efficiency)],
    ...[cell("clientPerPacket"), cell("serverPerPacket"), cell("clientPerGigabyte"), cell("serverPerGigabyte")],
    ...[cell("lostPackets"), cell("busyShare")],
  ];
}

const claimRow = ({ number, text, wanted, measured = "", isReached }: Claim): string[] => [
  ...[number, text, wanted, measured, isReached === true ? "yes" : "NO"],
];

function figureText(name: FigureName, value: number): string {
  switch (name) {
    case "bitsPerSecond":
      return `${(value / 1e9).toFixed(2)} Gbit/s`;
    case "packetsPerSecond":
      return `${(value / 1e3).toFixed(0)} k/s`;
    case "bitsPerCpuSecond":
      return `${(value / 1e9).toFixed(2)} Gbit`;
    case "packetsPerCpuSecond":
      return `${(value / 1e3).toFixed(0)} k`;
    case "pingMedian":
    case "pingP99":
      return `${value.toFixed(value < 10 ? 3 : 1)} ms`;
    case "lossShare":
    case "busyShare":
      return `${(value * 100).toFixed(0)} %`;
    case "lostPackets":
      return value.toFixed(0);
    default:
      return value.toFixed(2);
  }
}
