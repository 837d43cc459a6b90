import { type IpPrefix, ipAddress, ipPrefix } from "../shared/config/values/ip-address.ts";
import type { AcceptedLink } from "../shared/protocol/session/link-answer.ts";
import type { StatusEnvironment } from "../shared/runtime/status-command.ts";
import { planClientFirewall } from "../shared/runtime/system/firewall.ts";
import type { HostChange } from "../shared/runtime/system/host-change.ts";
import type { HostChanges } from "../shared/runtime/system/host-changes.ts";
import { planTunnel, planTunnelMtu } from "../shared/runtime/system/tunnel-plan.ts";
import type { ClientConfig } from "./client-config.ts";

/** What the client's TUN device is to be like. */
export type TunnelTerms = {
  readonly addresses: readonly IpPrefix[];
  readonly gateways: readonly string[];
  readonly routes: readonly string[];
  readonly nameServers: readonly string[];
};

/** What a server's answer and the file together ask for; what the file fixes wins. */
export function termsOf(config: ClientConfig, answer: AcceptedLink): TunnelTerms {
  const given = (inner: AcceptedLink["ip4"]): IpPrefix | undefined =>
    inner === undefined ? undefined : ipPrefix(ipAddress(inner.address), inner.prefixLength);
  const addresses = [config.ip4 ?? given(answer.ip4), config.ip6 ?? given(answer.ip6)];
  const gateways = [answer.serverIp4, answer.serverIp6];
  const pushed = answer.routes.map(({ address, prefixLength }) => `${ipAddress(address).text}/${prefixLength}`);
  return {
    addresses: addresses.filter((address) => address !== undefined),
    gateways: gateways.filter((gateway) => gateway !== undefined).map((gateway) => ipAddress(gateway).text),
    routes: [...config.routes.map(({ text }) => text), ...pushed],
    nameServers: nameServersOf(config, answer.dns),
  };
}

/** The changes that set the client's TUN device up. */
export async function planTunnelDevice(
  config: ClientConfig,
  device: string,
  terms: TunnelTerms,
  mtu: number,
): Promise<HostChange[]> {
  const addresses = terms.addresses.map(({ text }) => text);
  return [
    planClientFirewall(device, addresses, true),
    ...(await planTunnel({
      device,
      addresses,
      mtu,
      isDefaultRoute: config.defaultRoute,
      routes: terms.routes,
      nameServers: terms.nameServers,
    })),
  ];
}

/** The client's TUN device on the host: set up once terms and MTU are known, and changed with them. */
export class TunnelDevice {
  readonly #config: ClientConfig;
  readonly #name: string;
  readonly #changes: HostChanges;
  #terms: TunnelTerms | undefined;
  #mtu: number | undefined;
  #made: readonly HostChange[] = [];

  constructor(config: ClientConfig, name: string, changes: HostChanges) {
    this.#config = config;
    this.#name = name;
    this.#changes = changes;
    this.#mtu = config.mtu === "auto" ? undefined : config.mtu;
  }

  get isUp(): boolean {
    return this.#made.length > 0;
  }

  get mtu(): number | undefined {
    return this.#mtu;
  }

  /** Takes what a server agreed; true when the device came up or was set up anew. */
  async agree(answer: AcceptedLink): Promise<boolean> {
    const terms = termsOf(this.#config, answer);
    if (JSON.stringify(terms) === JSON.stringify(this.#terms)) return false;
    this.#terms = terms;
    return this.#setUp();
  }

  /** Takes the largest packet that needs no fragmentation; true when the device came up with it. */
  async setMtu(mtu: number): Promise<boolean> {
    if (this.#config.mtu !== "auto" || mtu === this.#mtu) return false;
    this.#mtu = mtu;
    if (!this.isUp) return this.#setUp();
    await this.#changes.apply([planTunnelMtu(this.#name, mtu)]);
    return false;
  }

  /** What a status command is told about the device. */
  environment(): StatusEnvironment {
    const terms = this.#terms;
    const of = (family: 4 | 6) => terms?.addresses.find(({ address }) => address.family === family)?.text ?? "";
    const isFamily = (text: string, family: 4 | 6) => text.includes(":") === (family === 6);
    const gateway = (family: 4 | 6) => terms?.gateways.find((text) => isFamily(text, family)) ?? "";
    const routes = (family: 4 | 6) => (terms?.routes ?? []).filter((text) => isFamily(text, family)).join(" ");
    return {
      IP4: of(4),
      IP6: of(6),
      IP4_GATEWAY: gateway(4),
      IP6_GATEWAY: gateway(6),
      IP4_ROUTES: routes(4),
      IP6_ROUTES: routes(6),
      DEVICE: this.#name,
      MTU: String(this.#mtu ?? ""),
    };
  }

  async #setUp(): Promise<boolean> {
    if (this.#terms === undefined || this.#mtu === undefined) return false;
    await this.#changes.undo(this.#made);
    this.#made = await planTunnelDevice(this.#config, this.#name, this.#terms, this.#mtu);
    await this.#changes.apply(this.#made);
    return true;
  }
}

function nameServersOf({ dns }: ClientConfig, pushed: readonly Uint8Array[]): readonly string[] {
  if (dns.kind === "none") return [];
  return dns.kind === "list" ? dns.servers.map(({ text }) => text) : pushed.map((bytes) => ipAddress(bytes).text);
}
