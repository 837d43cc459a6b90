import {
  HOME_ADDRESS,
  uplinkAddress,
  uplinkDevice,
  uplinkGateway,
  VPS_ADDRESS,
  WEB_ADDRESS,
} from "../lab/toolkit/home-network.ts";
import type { Lab } from "../lab/toolkit/lab.ts";
import type { Namespace } from "../lab/toolkit/namespace.ts";

/** How many cables there are between client and server. */
export const LINKS = 2;
/** The network that only the server reaches directly. */
export const WEB_NETWORK = "192.0.2.0/24";

const WEB_DEVICE = "web";
// With any of them the kernel would hand over super-packets, or packets without checksums, which no cable carries.
const OFFLOADS = ["tso", "gso", "gro", "tx"] as const;

/** home PC ─ client ═ two cables ═ server ─ web host: the ends of a tunnel with what they carry traffic for. */
export type BenchNetwork = {
  readonly lab: Lab;
  readonly home: Namespace;
  readonly client: Namespace;
  readonly server: Namespace;
  readonly web: Namespace;
};

/**
 * Builds the network in a lab: cables without any limit, the server at `VPS_ADDRESS` over each of them, and NAT in the
 * client for what comes from the home PC. What leaves the home PC and the web host leaves one packet at a time, with its
 * checksum, as it does from a network card.
 */
export async function buildBenchNetwork(lab: Lab): Promise<BenchNetwork> {
  const [home, client, server, web] = [
    await lab.namespace("home"),
    await lab.namespace("client"),
    await lab.namespace("server"),
    await lab.namespace("web"),
  ];
  const network = { lab, home, client, server, web };
  for (const namespace of [home, client, server, web]) await beginUnpaced(namespace);
  await client.forward();
  await server.forward();
  await server.ip(`address add ${VPS_ADDRESS}/32 dev lo`);
  for (let index = 0; index < LINKS; index++) await layCable(network, index);
  await connectHosts(network);
  return network;
}

/** Lets the server translate what goes to the web host to its own address: what Hawser's server does by itself. */
export async function translateAtServer({ server }: BenchNetwork): Promise<void> {
  await server.nft(masquerading(`oifname "${WEB_DEVICE}"`));
}

// A socket that begins with BBR, where that is the host's default, stays paced when iperf3 changes it to CUBIC. Reno is
// what every kernel allows.
async function beginUnpaced(namespace: Namespace): Promise<void> {
  await namespace.sysctl({ "net.ipv4.tcp_congestion_control": "reno" });
}

async function layCable({ lab, client, server }: BenchNetwork, index: number): Promise<void> {
  await lab.connect(
    { namespace: client, device: uplinkDevice(index), addresses: [`${uplinkAddress(index)}/24`] },
    { namespace: server, device: `net${index + 1}`, addresses: [`${uplinkGateway(index)}/24`] },
  );
  await client.ip(`route add default via ${uplinkGateway(index)} metric ${(index + 1) * 100}`);
}

async function connectHosts({ lab, home, client, server, web }: BenchNetwork): Promise<void> {
  await lab.connect(
    { namespace: client, device: "lan", addresses: ["192.168.1.1/24"] },
    { namespace: home, device: "eth0", addresses: [`${HOME_ADDRESS}/24`] },
  );
  await lab.connect(
    { namespace: server, device: WEB_DEVICE, addresses: ["192.0.2.1/24"] },
    { namespace: web, device: "eth0", addresses: [`${WEB_ADDRESS}/24`] },
  );
  await home.ip("route add default via 192.168.1.1");
  await web.ip("route add default via 192.0.2.1");
  await client.nft(masquerading('iifname "lan" oifname != "lan"'));
  for (const [namespace, device] of [
    [home, "eth0"],
    [client, "lan"],
    [server, WEB_DEVICE],
    [web, "eth0"],
  ] as const)
    await namespace.run("ethtool", "-K", device, ...OFFLOADS.flatMap((name) => [name, "off"]));
}

const masquerading = (what: string): string => `
  table ip bench {
    chain postrouting {
      type nat hook postrouting priority srcnat;
      ${what} masquerade
    }
  }`;
