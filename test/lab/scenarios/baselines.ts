import type { Direction } from "../relay/messages.ts";
import { useBareLines } from "../toolkit/bare-lines.ts";
import { uplinkAddress } from "../toolkit/home-network.ts";
import { type Control, type FlowResult, runFlow } from "../toolkit/iperf.ts";
import type { Bench } from "./bench.ts";

/** How a flow is run that is to be compared with. */
export type BaselineFlow = { readonly control: Control; readonly direction: Direction; readonly seconds: number };

/** What bare TCP gets from each line without a tunnel. All lines are measured at the same time, a flow on each. */
export async function flowsAlone({ lab, network, lines }: Bench, flow: BaselineFlow): Promise<FlowResult[]> {
  const { router: home, web } = network;
  return await Promise.all(lines.map((_, index) => runFlow(lab, { ...flow, home, web, bind: uplinkAddress(index) })));
}

/** What one connection of the kernel's Multipath TCP gets from all lines, without a tunnel. */
export async function multipathFlow({ lab, network }: Bench, flow: BaselineFlow): Promise<FlowResult> {
  const { router: home, web } = network;
  return await runFlow(lab, { ...flow, home, web, isMultipath: true });
}

/**
 * Lets programs in the router use each line by its own address, and Multipath TCP all of them, while `measure` runs. The
 * tunnel is not to run meanwhile. `control` is the congestion control of programs that choose none.
 */
export async function withBareLines<T>(
  { network, lines }: Bench,
  measure: () => Promise<T>,
  control: Control = "cubic",
): Promise<T> {
  const { router, web } = network;
  const leave = await useBareLines({ router, web, lines: lines.length }, control);
  try {
    return await measure();
  } finally {
    await leave();
  }
}
