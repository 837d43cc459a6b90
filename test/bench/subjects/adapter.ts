import { existsSync } from "node:fs";
import { basename, extname, resolve } from "node:path";
import { uplinkAddress, uplinkGateway, VPS_ADDRESS } from "../../lab/toolkit/home-network.ts";
import { type BenchNetwork, LINKS, translateAtServer, WEB_NETWORK } from "../network.ts";
import type { Carrier, Subject } from "./subject.ts";

const UP_MS = 30_000;
const DOWN_MS = 10_000;
const ANSWERS = { device: /^device=(\S+)$/, serverAddress: /^address=(\S+)$/, mtu: /^mtu=(\d+)$/ } as const;

/** Any other tunnel, by a program that sets up both ends: test/bench/README.md says how it is called. */
export function adapter(file: string): Subject {
  const program = resolve(file);
  return {
    name: basename(file, extname(file)),
    missing: () => (existsSync(program) ? undefined : `there is no ${file}`),
    up: async (network) => await start(network, program),
  };
}

async function start(network: BenchNetwork, program: string): Promise<Carrier> {
  const call = caller(network, program);
  await call("up", "server");
  const output = await call("up", "client");
  const answer = (name: keyof typeof ANSWERS): string => {
    const [, value] = output.map((line) => line.match(ANSWERS[name])).find((match) => match !== null) ?? [];
    if (value === undefined) throw new Error(`${program} up client did not write ${ANSWERS[name].source}`);
    return value;
  };
  const serverAddress = answer("serverAddress");
  await network.client.ip(`route add ${WEB_NETWORK} dev ${answer("device")}`);
  await translateAtServer(network);
  await network.client.run("ping", "-q", "-c", "1", "-W", "5", serverAddress);
  return {
    serverAddress,
    mtu: Number(answer("mtu")),
    down: async () => {
      for (const role of ["client", "server"] as const) await call("down", role);
    },
  };
}

type Call = (action: "up" | "down", role: "client" | "server") => Promise<readonly string[]>;

function caller({ lab, ...namespaces }: BenchNetwork, program: string): Call {
  const environment = {
    DIRECTORY: lab.directory,
    LINKS: String(LINKS),
    SERVER_ADDRESS: VPS_ADDRESS,
    ...numbered("CLIENT_ADDRESS", uplinkAddress),
    ...numbered("SERVER_ADDRESS", uplinkGateway),
  };
  return async (action, role) => {
    const call = lab.start(namespaces[role], program, [action, role], { environment });
    await call.success(action === "up" ? UP_MS : DOWN_MS);
    return call.lines;
  };
}

function numbered(name: string, value: (index: number) => string): Record<string, string> {
  const entries = Array.from({ length: LINKS }, (_, index) => [`${name}_${index + 1}`, value(index)] as const);
  return Object.fromEntries(entries);
}
