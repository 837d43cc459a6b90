import { printable } from "./people-text.ts";
import type { BundleScheduler, SchedulerAnswer } from "./scheduler-switch.ts";

const OTHER_END = {
  client: "This is for what is sent. For downloads, the server has its own: hawser scheduler there.",
  server: "This is for what is sent to the clients. For uploads, they have their own.",
} as const;

/** The schedulers as an operator reads them; ends with a line end. */
export function schedulersText({ role, bundles, newBundles }: SchedulerAnswer): string {
  const lines = bundles.map(bundleLine);
  if (newBundles !== null) lines.push(`new bundles: ${newBundles}`);
  return `${[...lines, "", OTHER_END[role]].map(printable).join("\n")}\n`;
}

function bundleLine({ name, scheduler, before }: BundleScheduler): string {
  return `bundle ${name}: ${scheduler}${before === scheduler ? "" : `, ${before} before`}`;
}
