import { type Milliseconds, milliseconds } from "../../shared/protocol/units.ts";
import { QualityReport } from "../../shared/protocol/wire/quality-report.ts";

/** What a test's report says; what is left out is 0, or all received. */
export type ReportText = {
  readonly session: number;
  readonly serial: number;
  readonly highest: number;
  readonly described?: number;
  readonly missing?: readonly number[];
  readonly bytes?: number;
  readonly arrival?: number;
  readonly hold?: Milliseconds;
};

/** Makes a report by packet numbers; `arrival` is in milliseconds. */
export function makeReport(text: ReportText): QualityReport {
  const report = new QualityReport();
  report.session = text.session;
  report.serial = text.serial & 0xffff;
  report.highest = text.highest >>> 0;
  report.receivedBytes = (text.bytes ?? 0) % 2 ** 32;
  report.arrival = Math.round((text.arrival ?? 0) * 1000) % 2 ** 32;
  report.hold = text.hold ?? milliseconds(0);
  report.described = text.described ?? text.highest;
  report.fillReceived(1, report.described, true);
  for (const number of text.missing ?? []) report.setReceived(text.highest - number, false);
  return report;
}
