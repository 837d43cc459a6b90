import { join } from "node:path";
import { uplinkGateway } from "../../lab/toolkit/home-network.ts";
import type { LabProcess } from "../../lab/toolkit/lab-process.ts";
import { missingCommands } from "../../lab/toolkit/requirements.ts";
import { runCommand } from "../../lab/toolkit/run-command.ts";
import { type BenchNetwork, translateAtServer, WEB_NETWORK } from "../network.ts";
import type { Carrier, Subject } from "./subject.ts";

const DEVICE = "tun0";
const MTU = 1500;
// What mssfix, 1492 by default, leaves of an IPv4 packet outside beside IP, UDP and OpenVPN's 24 bytes.
const USED_MTU = 1492 - 28 - 24;
const CLIENT_ADDRESS = "10.88.0.2";
const SERVER_ADDRESS = "10.88.0.1";
const START_MS = 20_000;

/** OpenVPN over the first cable: UDP, AES-256-GCM, no kernel module, otherwise its defaults. */
export const OPENVPN: Subject = {
  name: "openvpn",
  missing: () => missingCommands(["openvpn", "openssl"]),
  up: start,
};

type Identity = { readonly key: string; readonly certificate: string; readonly fingerprint: string };

async function start(network: BenchNetwork): Promise<Carrier> {
  const { lab, client, server } = network;
  const [ours, theirs] = [await newIdentity(lab.directory, "client"), await newIdentity(lab.directory, "server")];
  const listening = lab.start(server, "openvpn", [
    ...["--tls-server", "--dh", "none", "--ifconfig", SERVER_ADDRESS, CLIENT_ADDRESS],
    ...commonWords(theirs, ours),
  ]);
  const calling = lab.start(client, "openvpn", [
    ...["--tls-client", "--remote", uplinkGateway(0), "--nobind", "--ifconfig", CLIENT_ADDRESS, SERVER_ADDRESS],
    ...commonWords(ours, theirs),
  ]);
  for (const end of [listening, calling]) await untilUp(end);
  await client.ip(`route add ${WEB_NETWORK} dev ${DEVICE}`);
  await translateAtServer(network);
  await client.run("ping", "-q", "-c", "1", "-W", "5", SERVER_ADDRESS);
  return { serverAddress: SERVER_ADDRESS, mtu: USED_MTU };
}

const commonWords = (own: Identity, peer: Identity): string[] => [
  ...["--dev", DEVICE, "--dev-type", "tun", "--tun-mtu", String(MTU), "--proto", "udp", "--disable-dco"],
  ...["--data-ciphers", "AES-256-GCM", "--key", own.key, "--cert", own.certificate],
  ...["--peer-fingerprint", peer.fingerprint, "--keepalive", "10", "60", "--verb", "3"],
];

async function newIdentity(directory: string, name: string): Promise<Identity> {
  const [key, certificate] = [join(directory, `${name}.key`), join(directory, `${name}.crt`)];
  await runCommand("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
    ...["-subj", `/CN=${name}`, "-keyout", key, "-out", certificate],
  ]);
  const text = await runCommand("openssl", ["x509", "-in", certificate, "-noout", "-fingerprint", "-sha256"]);
  return { key, certificate, fingerprint: text.trim().replace(/^.*=/, "") };
}

async function untilUp(end: LabProcess): Promise<void> {
  await end.line(/Initialization Sequence Completed/, START_MS);
}
