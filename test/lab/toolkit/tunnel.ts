import type { BytesPerSecond } from "../../../shared/protocol/units.ts";
import { fillTemplate, type Sections, type Settings } from "./config-template.ts";
import { Daemon, newSecret } from "./daemon.ts";
import { type HomeLine, type HomeNetwork, uplinkDevice, VPS_ADDRESS, WEB_ADDRESS } from "./home-network.ts";
import type { Lab } from "./lab.ts";
import type { CapacityLine } from "./payload-capacity.ts";

/** The two daemons of the main job, in the router and in the VPS. */
export type Tunnel = { readonly client: Daemon; readonly server: Daemon };

/** What differs from the usual in the daemons' files. */
export type TunnelOptions = {
  /** For [general] of the client. */
  readonly client?: Settings;
  /** For [general] of the server. */
  readonly server?: Settings;
  /** For the link sections of these lines. */
  readonly links?: Sections;
  /** So many times the lines' own fixed rates are configured, 1 when left out; "auto" configures none. */
  readonly rates?: number | "auto";
};

/** Writes the daemons' files from those of conf/, with a link for each line at the line's own rates; starts neither. */
export async function prepareTunnel(
  lab: Lab,
  network: HomeNetwork,
  lines: readonly HomeLine[],
  options: TunnelOptions = {},
): Promise<Tunnel> {
  const password = await newSecret();
  const server = fillTemplate("server", { password, ...options.server }, {});
  const general = { password, remotehost: VPS_ADDRESS, default_route: true, ...options.client };
  const client = fillTemplate("client", general, linkSections(lines, options));
  return {
    server: new Daemon(lab, network.vps, "server", "server", server),
    client: new Daemon(lab, network.router, "client", "client", client),
  };
}

/** Starts both daemons and waits until every link is up on both ends and the home's traffic goes into the tunnel. */
export async function startTunnel({ client, server }: Tunnel, links: number): Promise<void> {
  server.start();
  client.start();
  await Promise.all([server.untilUp(links), client.untilUp(links)]);
  await client.untilRouting(WEB_ADDRESS);
}

/** The lines as far as capacity goes, in one direction. */
export function capacityLines(lines: readonly HomeLine[], direction: "down" | "up"): CapacityLine[] {
  return lines.map((line) => ({
    rate: fixedRate(line, direction),
    ...(line.mtu === undefined ? {} : { mtu: line.mtu }),
  }));
}

function linkSections(lines: readonly HomeLine[], { links = {}, rates = 1 }: TunnelOptions): Sections {
  const configured = (key: string, { rate }: HomeLine["up"]): Settings =>
    rates === "auto" || typeof rate !== "number" ? {} : { [key]: Math.round(rate * rates) };
  const section = (line: HomeLine, index: number): Settings => ({
    binddev: uplinkDevice(index),
    ...configured("bandwidth_upload", line.up),
    ...configured("bandwidth_download", line.down),
    ...links[line.name],
  });
  return Object.fromEntries(lines.map((line, index) => [line.name, section(line, index)]));
}

function fixedRate(line: HomeLine, direction: "down" | "up"): BytesPerSecond {
  const { rate } = line[direction];
  if (typeof rate !== "number") throw new Error(`line ${line.name} has no fixed rate ${direction}`);
  return rate;
}
