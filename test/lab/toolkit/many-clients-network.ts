import { randomBytes } from "node:crypto";
import { fillTemplate, type Sections } from "./config-template.ts";
import { Daemon } from "./daemon.ts";
import type { Lab } from "./lab.ts";
import type { Namespace } from "./namespace.ts";

export const SERVER_PUBLIC_ADDRESS = "203.0.113.2";
export const SERVER_TUNNEL_ADDRESS = "10.44.43.1";
export const OUTSIDE_ADDRESS = "192.0.2.2";

/** A client machine with two uplinks, and its daemon. */
export type ClientMachine = { readonly name: string; readonly namespace: Namespace; readonly daemon: Daemon };

/** One that has a tunnel address of its own by the server's file. */
export type ManyClient = ClientMachine & { readonly address: string };

/** The internet, a server's machine, and a host outside. */
export type Internet = { readonly internet: Namespace; readonly vps: Namespace; readonly outside: Namespace };

/** One server and many clients, each with two uplinks of its own to the same internet, and a host outside. */
export type ManyClientsNetwork = {
  readonly vps: Namespace;
  readonly server: Daemon;
  readonly clients: readonly ManyClient[];
};

/** Builds it, every client with a secret of its own; starts no daemon. `count` is at most 200. */
export async function buildManyClients(lab: Lab, count: number): Promise<ManyClientsNetwork> {
  const { internet, vps } = await buildInternet(lab);
  const clients: ManyClient[] = [];
  const sections: Record<string, Sections[string]> = {};
  for (let number = 1; number <= count; number++) {
    const name = `c${number}`;
    const [password, address] = [randomBytes(32).toString("base64"), `10.44.43.${number + 1}`];
    sections[`client ${name}`] = { password, ip4: address };
    clients.push({ ...(await addClient(lab, internet, name, number, password)), address });
  }
  const server = new Daemon(lab, vps, "server", "server", fillTemplate("server", {}, sections));
  return { vps, server, clients };
}

/** Builds what clients are added to. */
export async function buildInternet(lab: Lab): Promise<Internet> {
  const internet = await lab.namespace("internet");
  await internet.forward();
  const vps = await connectHost(lab, internet, "vps", SERVER_PUBLIC_ADDRESS);
  return { internet, vps, outside: await connectHost(lab, internet, "outside", OUTSIDE_ADDRESS) };
}

async function connectHost(lab: Lab, internet: Namespace, name: string, address: string): Promise<Namespace> {
  const host = await lab.namespace(name);
  const gateway = address.replace(/\.2$/, ".1");
  await lab.connect(
    { namespace: internet, device: name, addresses: [`${gateway}/24`] },
    { namespace: host, device: "eth0", addresses: [`${address}/24`] },
  );
  await host.ip(`route add default via ${gateway}`);
  return host;
}

/** Adds a client machine; each has a number of its own, from 1 to 200. Starts no daemon. */
export async function addClient(
  lab: Lab,
  internet: Namespace,
  name: string,
  number: number,
  password: string,
): Promise<ClientMachine> {
  const namespace = await lab.namespace(name);
  for (const line of [1, 2]) {
    const network = `100.${63 + line}.${number}`;
    await lab.connect(
      { namespace: internet, device: `${name}l${line}`, addresses: [`${network}.1/24`] },
      { namespace, device: `wan${line}`, addresses: [`${network}.2/24`] },
    );
    await namespace.ip(`route add default via ${network}.1 metric ${line}`);
  }
  const link = (line: number) => ({
    binddev: `wan${line}`,
    bandwidth_upload: "20 Mbit/s",
    bandwidth_download: "20 Mbit/s",
  });
  const general = { password, name, remotehost: SERVER_PUBLIC_ADDRESS, default_route: true };
  const config = fillTemplate("client", general, { first: link(1), second: link(2) });
  return { name, namespace, daemon: new Daemon(lab, namespace, "client", name, config) };
}
