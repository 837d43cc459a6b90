import {
  type Bytes,
  bytes,
  type Milliseconds,
  megabitsPerSecond,
  milliseconds,
} from "../../../shared/protocol/units.ts";
import type { LineOptions } from "../../emulator/line-options.ts";
import type { RelayLine } from "../relay/messages.ts";
import { Relay } from "../relay/relay.ts";
import type { Lab } from "./lab.ts";
import type { Namespace } from "./namespace.ts";

const UP_TABLE = 101;
const DOWN_TABLE = 102;
// A burst of full packets must fit into a device's queue; the line's own queue is the emulator's.
const DEVICE_QUEUE_PACKETS = 10_000;

/** The server's public addresses, and those of the web server beyond it. */
export const VPS_ADDRESS = "203.0.113.2";
export const VPS_ADDRESS6 = "2001:db8:113::2";
export const WEB_ADDRESS = "192.0.2.2";
export const WEB_ADDRESS6 = "2001:db8:2::2";
export const HOME_ADDRESS = "192.168.1.2";

/** An internet line of the home. Line number n (from 1) is the router's device "wan n" with 100.64.n.2. */
export type HomeLine = {
  readonly name: string;
  readonly up: Partial<LineOptions>;
  readonly down: Partial<LineOptions>;
  /** The MTU that the line's devices have and announce by ICMP; 1500 without it. */
  readonly mtu?: Bytes;
};

/** The parts of the main job: home PC ─ router ═ lines (an ISP's router each) ═ backbone ─ VPS and web server. */
export type HomeNetwork = {
  readonly home: Namespace;
  readonly router: Namespace;
  readonly backbone: Namespace;
  readonly vps: Namespace;
  readonly web: Namespace;
  readonly relay: Relay;
};

/** A line with the same rate in both directions and a queue of 100 ms in front of it; the delay is one way. */
export function evenLine(name: string, megabits: number, delayMs: number): HomeLine {
  return unevenLine(name, megabits, megabits, milliseconds(delayMs));
}

/** A line with rates of its own down and up, in Mbit/s, and a queue of 100 ms in front of each. */
export function unevenLine(name: string, downMegabits: number, upMegabits: number, delay: Milliseconds): HomeLine {
  const queue = { kind: "time", limit: milliseconds(100) } as const;
  return {
    name,
    down: { rate: megabitsPerSecond(downMegabits), delay, queue },
    up: { rate: megabitsPerSecond(upMegabits), delay, queue },
  };
}

/** The name of the router's device on a line, by the line's place in the list, from 0. */
export const uplinkDevice = (index: number): string => `wan${index + 1}`;

/** The router's own address on a line, by the line's place in the list, from 0. */
export const uplinkAddress = (index: number): string => `100.64.${index + 1}.2`;

/** The address of the ISP's router on a line, by the line's place in the list, from 0. */
export const uplinkGateway = (index: number): string => `100.64.${index + 1}.1`;

/**
 * Builds the main job's network, IPv4 and IPv6, ready but for the daemons. The router masquerades its LAN on every
 * uplink and in a tunnel, as home routers do, and prefers the first line. Nobody beyond the VPS has a route to tunnel
 * addresses. The VPS neither forwards nor masquerades: that is the daemon's work. Another seed loses other packets.
 */
export async function buildHomeNetwork(lab: Lab, lines: readonly HomeLine[], seed = 1): Promise<HomeNetwork> {
  const [home, router, backbone, vps, web, relaySpace] = [
    await lab.namespace("home"),
    await lab.namespace("router"),
    await lab.namespace("backbone"),
    await lab.namespace("vps"),
    await lab.namespace("web"),
    await lab.namespace("relay"),
  ];
  await router.forward();
  await backbone.forward();
  await connectHome(lab, home, router);
  await connectHost(lab, backbone, vps, VPS_ADDRESS, VPS_ADDRESS6);
  await connectHost(lab, backbone, web, WEB_ADDRESS, WEB_ADDRESS6);
  const relay = await Relay.start(
    lab,
    relaySpace,
    lines.map((line, index) => relayLine(line, index, seed)),
  );
  for (const [index, line] of lines.entries())
    await connectLine(lab, { router, backbone, relaySpace }, line, index + 1);
  return { home, router, backbone, vps, web, relay };
}

async function connectHome(lab: Lab, home: Namespace, router: Namespace): Promise<void> {
  await lab.connect(
    { namespace: router, device: "lan", addresses: ["192.168.1.1/24", "fd00:1::1/64"] },
    { namespace: home, device: "eth0", addresses: [`${HOME_ADDRESS}/24`, "fd00:1::2/64"] },
  );
  await home.ip("route add default via 192.168.1.1", "route add ::/0 via fd00:1::1");
  await router.nft(`
    table inet home {
      chain postrouting {
        type nat hook postrouting priority srcnat;
        iifname "lan" oifname != "lan" masquerade
      }
    }`);
}

async function connectHost(
  lab: Lab,
  backbone: Namespace,
  host: Namespace,
  address: string,
  address6: string,
): Promise<void> {
  const gateway = address.replace(/\.2$/, ".1");
  const gateway6 = address6.replace(/::2$/, "::1");
  await lab.connect(
    { namespace: backbone, device: host.name, addresses: [`${gateway}/24`, `${gateway6}/64`] },
    { namespace: host, device: "eth0", addresses: [`${address}/24`, `${address6}/64`] },
  );
  await host.ip(`route add default via ${gateway}`, `route add ::/0 via ${gateway6}`);
}

function relayLine({ name, up, down }: HomeLine, index: number, seed: number): RelayLine {
  return { name, up, down, homeDevice: `home${index + 1}`, internetDevice: `inet${index + 1}`, seed: seed + index };
}

type LineEnds = { readonly router: Namespace; readonly backbone: Namespace; readonly relaySpace: Namespace };

// The ISP's namespace holds both devices of the relay: what comes from the subscriber or the backbone is routed by
// its incoming device into the relay, and what comes out of the relay by the main table.
async function connectLine(lab: Lab, ends: LineEnds, line: HomeLine, number: number): Promise<void> {
  const { router, backbone, relaySpace } = ends;
  const mtu = line.mtu ?? bytes(1500);
  const isp = await lab.namespace(`isp${number}`);
  const [net, net6, up, up6] = [
    `100.64.${number}`,
    `2001:db8:64:${number}:`,
    `198.18.${number}`,
    `2001:db8:18:${number}:`,
  ];
  await isp.forward();
  await lab.connect(
    { namespace: isp, device: "subscriber", addresses: [`${net}.1/24`, `${net6}:1/64`], mtu },
    { namespace: router, device: `wan${number}`, addresses: [`${net}.2/24`, `${net6}:2/64`], mtu },
  );
  await lab.connect(
    { namespace: isp, device: "backbone", addresses: [`${up}.2/24`, `${up6}:2/64`] },
    { namespace: backbone, device: `isp${number}`, addresses: [`${up}.1/24`, `${up6}:1/64`] },
  );
  const devices = [`home${number}`, `inet${number}`];
  await relaySpace.ip(...devices.map((device) => `link set ${device} netns ${isp.fullName}`));
  const rulesAndRoutes = [
    `rule add iif subscriber table ${UP_TABLE}`,
    `rule add iif backbone table ${DOWN_TABLE}`,
    `route add default dev home${number} table ${UP_TABLE}`,
    `route add default dev inet${number} table ${DOWN_TABLE}`,
  ];
  await isp.ip(
    ...devices.map((device) => `link set ${device} mtu ${mtu} txqueuelen ${DEVICE_QUEUE_PACKETS} up`),
    ...rulesAndRoutes,
    `route add default via ${up}.1`,
  );
  await isp.ip6(...rulesAndRoutes, `route add default via ${up6}:1`);
  await router.ip(
    `route add default via ${net}.1 metric ${number * 100}`,
    `route add ::/0 via ${net6}:1 metric ${number * 100}`,
  );
  await backbone.ip(`route add ${net}.0/24 via ${up}.2`, `route add ${net6}:/64 via ${up6}:2`);
}
