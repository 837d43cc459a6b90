import { VPS_ADDRESS } from "../../lab/toolkit/home-network.ts";
import type { Lab } from "../../lab/toolkit/lab.ts";
import type { Namespace } from "../../lab/toolkit/namespace.ts";
import { missingCommands } from "../../lab/toolkit/requirements.ts";
import { runCommand } from "../../lab/toolkit/run-command.ts";
import { type BenchNetwork, translateAtServer, WEB_NETWORK } from "../network.ts";
import type { Carrier, Subject } from "./subject.ts";

const DEVICE = "wg0";
const PORT = 51820;
const MTU = 1420;
const CLIENT_ADDRESS = "10.77.0.2";
const SERVER_ADDRESS = "10.77.0.1";
const START_MS = 10_000;

/** wireguard-go over the first cable, with its defaults. */
export const WIREGUARD_GO: Subject = {
  name: "wireguard-go",
  missing: () => missingCommands(["wireguard-go", "wg"]),
  up: start,
};

type Keys = { readonly secret: string; readonly public: string };

async function start(network: BenchNetwork): Promise<Carrier> {
  const { lab, client, server } = network;
  const [clientKeys, serverKeys] = [await newKeys(), await newKeys()];
  await startEnd(lab, server, SERVER_ADDRESS, serverKeys, `peer ${clientKeys.public} allowed-ips 0.0.0.0/0`);
  const peer = `peer ${serverKeys.public} allowed-ips 0.0.0.0/0 endpoint ${VPS_ADDRESS}:${PORT}`;
  await startEnd(lab, client, CLIENT_ADDRESS, clientKeys, peer);
  await client.ip(`route add ${WEB_NETWORK} dev ${DEVICE}`);
  await translateAtServer(network);
  await client.run("ping", "-q", "-c", "1", "-W", "5", SERVER_ADDRESS);
  return { serverAddress: SERVER_ADDRESS, mtu: MTU };
}

async function newKeys(): Promise<Keys> {
  const secret = await runCommand("wg", ["genkey"]);
  return { secret: secret.trim(), public: (await runCommand("wg", ["pubkey"], secret)).trim() };
}

// Its socket is in /run, which network namespaces share: `ip netns exec` gives each command mounts of its own, so that
// both ends can have a /run and a device of the same name, and nothing of it is left.
async function startEnd(lab: Lab, namespace: Namespace, address: string, keys: Keys, peer: string): Promise<void> {
  const script = `
    mount -t tmpfs none /run && mkdir -m 700 /run/wireguard && printf %s "$SECRET" > /run/wireguard/key || exit 1
    wireguard-go -f ${DEVICE} &
    until [ -S /run/wireguard/${DEVICE}.sock ]; do kill -0 $! || exit 1; sleep 0.05; done
    wg set ${DEVICE} private-key /run/wireguard/key listen-port ${PORT} ${peer} && echo configured && wait`;
  const environment = { SECRET: keys.secret, LOG_LEVEL: "error" };
  await lab.start(namespace, "sh", ["-c", script], { environment }).line(/^configured$/, START_MS);
  await namespace.ip(`address add ${address}/24 dev ${DEVICE}`, `link set ${DEVICE} mtu ${MTU} up`);
}
