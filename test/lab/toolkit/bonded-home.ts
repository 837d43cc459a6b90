import { buildHomeNetwork, type HomeLine, type HomeNetwork } from "./home-network.ts";
import { Lab } from "./lab.ts";
import { startWebServer } from "./transfers.ts";
import { prepareTunnel, startTunnel, type Tunnel, type TunnelOptions } from "./tunnel.ts";

/** A home whose lines are bonded, and the internet with a web server; `lab.close` ends and removes it. */
export type BondedHome = { readonly lab: Lab; readonly network: HomeNetwork; readonly tunnel: Tunnel };

/** Builds a home's network and the internet, and starts the web server and both daemons; all links are up then. */
export async function startBondedHome(lines: readonly HomeLine[], options: TunnelOptions = {}): Promise<BondedHome> {
  const lab = await Lab.create();
  try {
    const network = await buildHomeNetwork(lab, lines);
    await startWebServer(lab, network.web);
    const tunnel = await prepareTunnel(lab, network, lines, options);
    await startTunnel(tunnel, lines.length);
    return { lab, network, tunnel };
  } catch (error) {
    await lab.close();
    throw error;
  }
}
