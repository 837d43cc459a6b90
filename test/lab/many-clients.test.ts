import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Lab } from "./toolkit/lab.ts";
import {
  buildManyClients,
  type ManyClient,
  type ManyClientsNetwork,
  OUTSIDE_ADDRESS,
  SERVER_TUNNEL_ADDRESS,
} from "./toolkit/many-clients-network.ts";
import { missingForLab } from "./toolkit/requirements.ts";
import { waitUntil } from "./toolkit/wait.ts";

const CLIENTS = 50;
const START_WITHIN_MS = 90_000;
const SPOOFED_ADDRESS = "10.44.43.250";

describe(`One server process with ${CLIENTS} clients of two links each`, {
  skip: missingForLab(),
  timeout: 300_000,
}, () => {
  let lab: Lab;
  let network: ManyClientsNetwork;

  before(async () => {
    lab = await Lab.create();
    network = await buildManyClients(lab, CLIENTS);
    network.server.start();
    for (const { daemon } of network.clients) daemon.start();
  });

  after(async () => {
    await lab.close();
  });

  it("has every link of every client up, each client at its own address", async () => {
    const bundles = await network.server.untilUp(2 * CLIENTS, START_WITHIN_MS);

    const addresses = new Map(bundles.map(({ name, ip4 }) => [name, ip4?.replace(/\/.*/, "")]));
    assert.deepEqual(
      network.clients.map(({ name }) => addresses.get(name)),
      network.clients.map(({ address }) => address),
    );
  });

  it("lets every client reach the server and the internet", async () => {
    const unreached: string[] = [];
    for (const { daemon } of network.clients) await daemon.untilRouting(OUTSIDE_ADDRESS, START_WITHIN_MS);
    for (const { name, namespace } of network.clients) {
      for (const target of [SERVER_TUNNEL_ADDRESS, OUTSIDE_ADDRESS])
        if (!(await reaches(namespace, target, 5))) unreached.push(`${name} to ${target}`);
    }

    assert.deepEqual(unreached, []);
  });

  it("lets no client reach another one", async () => {
    const reached: string[] = [];
    const neighbours = network.clients.map((client, index) => [client, network.clients[index + 1]] as const);
    for (const [client, neighbour] of neighbours.slice(0, 5)) {
      if (neighbour !== undefined && (await reaches(client.namespace, neighbour.address, 1)))
        reached.push(`${client.name} to ${neighbour.name}`);
    }

    assert.deepEqual(reached, []);
  });

  it("drops and counts packets with a source that is not the client's own", async () => {
    const [client] = network.clients;
    assert.ok(client !== undefined);
    const before = await dropsOf(network, client);
    // An honest client gives foreign packets its own address; this one does not.
    await client.namespace.nft("flush ruleset");
    await client.namespace.ip(`address add ${SPOOFED_ADDRESS}/32 dev lo`);

    const isReached = await reaches(client.namespace, OUTSIDE_ADDRESS, 1, "-I", SPOOFED_ADDRESS);

    assert.equal(isReached, false);
    await waitUntil("the server has counted the packet", 3000, async () => (await dropsOf(network, client)) > before);
  });
});

async function reaches(
  from: ManyClient["namespace"],
  target: string,
  seconds: number,
  ...options: string[]
): Promise<boolean> {
  const ping = from.run("ping", "-q", "-c", "1", "-W", String(seconds), ...options, target);
  return await ping.then(
    () => true,
    () => false,
  );
}

async function dropsOf({ server }: ManyClientsNetwork, { name }: ManyClient): Promise<number> {
  const { bundles } = await server.status();
  const drops = bundles.find((bundle) => bundle.name === name)?.drops ?? {};
  return Object.values(drops).reduce((sum, count) => sum + count, 0);
}
