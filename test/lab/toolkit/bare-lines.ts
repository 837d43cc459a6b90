import { uplinkAddress, uplinkDevice, uplinkGateway } from "./home-network.ts";
import type { Control } from "./iperf.ts";
import type { Namespace } from "./namespace.ts";

const FIRST_TABLE = 201;
const SUBFLOWS = 8;

/** Who uses lines without a tunnel: the router, over so many lines, and the host that it talks to. */
export type BareLineUsers = { readonly router: Namespace; readonly web: Namespace; readonly lines: number };

/**
 * Lets programs in the router use each line by its own address, and Multipath TCP all of them, until the function that it
 * answers is called. `control` is the congestion control of programs that choose none; when left out it stays as it is.
 */
export async function useBareLines(
  { router, web, lines }: BareLineUsers,
  control?: Control,
): Promise<() => Promise<void>> {
  const words = Array.from({ length: lines }, (_, index) => ({
    rule: `from ${uplinkAddress(index)} table ${FIRST_TABLE + index}`,
    route: `default via ${uplinkGateway(index)} table ${FIRST_TABLE + index}`,
    endpoint: `mptcp endpoint add ${uplinkAddress(index)} dev ${uplinkDevice(index)} subflow`,
  }));
  const controlWords = control === undefined ? "" : ` congctl ${control}`;
  await router.ip(...words.flatMap(({ rule, route }) => [`route add ${route}${controlWords}`, `rule add ${rule}`]));
  for (const end of [router, web]) {
    if (control !== undefined) await end.useCongestionControl(control);
    await end.ip(`mptcp limits set subflows ${SUBFLOWS} add_addr_accepted ${SUBFLOWS}`);
  }
  await router.ip(...words.map(({ endpoint }) => endpoint));
  return async () => {
    const changes = words.flatMap(({ rule, route }) => [`rule del ${rule}`, `route del ${route}`]);
    await router.ip("mptcp endpoint flush", ...changes);
  };
}
