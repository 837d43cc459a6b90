import type { HostChange } from "./host-change.ts";
import { planNameServers } from "./name-servers.ts";
import type { Family } from "./network-snapshot.ts";
import { readSetting } from "./settings.ts";

/** What the TUN device of a daemon gets. */
export type TunnelRequest = {
  readonly device: string;
  /** Addresses with their prefix length: "10.44.43.2/24". */
  readonly addresses: readonly string[];
  /** In bytes. */
  readonly mtu: number;
  /** The device's queue in packets; the kernel's own of 500 drops bursts of a fast LAN. */
  readonly queueLength?: number;
  /** Whether everything goes into the tunnel, in the families that the tunnel has addresses of. */
  readonly isDefaultRoute?: boolean;
  /** Further prefixes that go into the tunnel. */
  readonly routes?: readonly string[];
  /** Name servers to ask while the tunnel is up. */
  readonly nameServers?: readonly string[];
};

const QUEUE_LENGTH = 5_000;
// Two halves are more specific than any default route and leave it alone: a DHCP client may renew it meanwhile.
const HALVES: Readonly<Record<Family, readonly string[]>> = {
  4: ["0.0.0.0/1", "128.0.0.0/1"],
  6: ["::/1", "8000::/1"],
};

/**
 * The changes that set up a TUN device, to be made once it is open. The server's address needs no route of its own past
 * the halves: every uplink socket has a mark, and the policy rules of its link (`planUplink`) send that mark to the
 * link's table, or nowhere, before the main table is asked. A link without binddev, bindhost and table follows the
 * default route's device by the same rules.
 */
export async function planTunnel(request: TunnelRequest): Promise<HostChange[]> {
  const hasIp6 = (await readSetting("net/ipv6/conf/all/disable_ipv6")) !== null;
  return [
    ...(hasIp6 ? quietIp6(request) : []),
    ...planTunnelDevice(request),
    ...planTunnelRoutes(request),
    ...(await planNameServers(request.device, request.nameServers ?? [])),
  ];
}

/** The change of a running tunnel's MTU, in bytes. */
export function planTunnelMtu(device: string, mtu: number): HostChange {
  return { kind: "device", device, property: "mtu", value: String(mtu) };
}

/** The addresses and properties of a TUN device. */
export function planTunnelDevice(request: TunnelRequest): HostChange[] {
  const { device, addresses, mtu, queueLength = QUEUE_LENGTH } = request;
  return [
    planTunnelMtu(device, mtu),
    { kind: "device", device, property: "txqueuelen", value: String(queueLength) },
    ...addresses.map((address) => ({ kind: "address", device, address }) as const),
    { kind: "device", device, property: "state", value: "up" },
  ];
}

/** The routes into the tunnel. */
export function planTunnelRoutes(request: TunnelRequest): HostChange[] {
  const families = ([4, 6] as const).filter((family) => request.addresses.some((one) => familyOf(one) === family));
  const halves = request.isDefaultRoute === true ? families.flatMap((family) => HALVES[family]) : [];
  const destinations = [...new Set([...halves, ...(request.routes ?? [])])];
  return destinations.map((destination) => {
    const family = familyOf(destination);
    const source = request.addresses.find((address) => familyOf(address) === family)?.split("/")[0];
    return {
      kind: "route",
      family,
      destination,
      device: request.device,
      table: "main",
      ...(source === undefined ? {} : { source }),
    };
  });
}

// A link-local address would make the kernel send router solicitations and group reports into the tunnel, which the
// other end drops and counts as packets of a foreign source.
function quietIp6(request: TunnelRequest): HostChange[] {
  const usesIp6 = [...request.addresses, ...(request.routes ?? [])].some((one) => familyOf(one) === 6);
  const prefix = `net/ipv6/conf/${request.device}`;
  if (!usesIp6) return [{ kind: "setting", name: `${prefix}/disable_ipv6`, value: "1" }];
  return [
    { kind: "setting", name: `${prefix}/disable_ipv6`, value: "0" },
    { kind: "device", device: request.device, property: "addrgenmode", value: "none" },
  ];
}

function familyOf(address: string): Family {
  return address.includes(":") ? 6 : 4;
}
