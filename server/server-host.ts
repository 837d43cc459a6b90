import type { HostChange } from "../shared/runtime/system/host-change.ts";
import { planTunnel } from "../shared/runtime/system/tunnel-plan.ts";
import { planNat } from "./nat.ts";
import type { ServerConfig } from "./server-config.ts";

// With mtu = auto, until the first client's links are measured: what Ethernet leaves under IPv4.
const FIRST_MTU = 1442;

/** The TUN device's MTU at the start, in bytes. */
export function firstMtu({ mtu }: ServerConfig): number {
  return mtu === "auto" ? FIRST_MTU : mtu;
}

/** The changes that make the host the clients' way to the internet. */
export async function planServerHost(config: ServerConfig): Promise<HostChange[]> {
  const device = config.interfaceName;
  const pools = [config.ip4, config.ip6].filter((pool) => pool !== undefined).map(({ text }) => text);
  const routes = config.clients.flatMap((client) => client.routes.map(({ text }) => text));
  const tunnel = await planTunnel({ device, addresses: pools, mtu: firstMtu(config), routes });
  const nat = await planNat({
    tunnelDevice: device,
    prefixes: [...pools, ...routes],
    masquerades: config.nat,
    isolatesClients: !config.clientToClient,
    clampsSegments: config.mssClamp,
    ...(config.natInterface === undefined ? {} : { outDevice: config.natInterface }),
  });
  return [...nat, ...tunnel];
}
