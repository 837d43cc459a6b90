import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { shardByte } from "../../shared/protocol/session/shard-byte.ts";
import { workerFor } from "../../shared/protocol/session/worker-choice.ts";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { secretKeyFromText } from "../../shared/runtime/secret-key.ts";
import { fillTemplate } from "./toolkit/config-template.ts";
import { Daemon } from "./toolkit/daemon.ts";
import { hostSnapshot } from "./toolkit/host-snapshot.ts";
import { Lab } from "./toolkit/lab.ts";
import {
  addClient,
  buildInternet,
  type ClientMachine,
  type Internet,
  OUTSIDE_ADDRESS,
  SERVER_TUNNEL_ADDRESS,
} from "./toolkit/many-clients-network.ts";
import { missingForLab } from "./toolkit/requirements.ts";
import { finished, startDownload, startWebServer } from "./toolkit/transfers.ts";
import { waitUntil } from "./toolkit/wait.ts";

const WORKERS = 2;
const LINKS = 2;
const SERVER_TUNNEL_ADDRESS_6 = "fd44::1";
const NETWORK_BEHIND = "192.168.77.0/24";
const HOST_BEHIND = "192.168.77.1";
const DOWNLOAD_SECONDS = 2;
// Far less than the lines carry: how much it is depends on what else the machine does.
const FEWEST_BYTES = 200_000;

const crypto = await createHandshakeCrypto();

/** A client whose secret and name lead it to this worker. */
type Placed = ClientMachine & { readonly worker: number };

describe(`A server with ${WORKERS} workers`, { skip: missingForLab(), timeout: 180_000 }, () => {
  let lab: Lab;
  let internet: Internet;
  let server: Daemon;
  let untouched: string;
  const clients: Placed[] = [];

  before(async () => {
    lab = await Lab.create();
    internet = await buildInternet(lab);
    const common = newSecret();
    const own: Record<string, string> = {};
    for (let worker = 0; worker < WORKERS; worker++) {
      const [ownName, commonName] = [`own${worker}`, await nameFor(common, worker)];
      const password = await secretFor(worker);
      own[ownName] = password;
      const first = { ...(await addClient(lab, internet.internet, ownName, 2 * worker + 1, password)), worker };
      const second = { ...(await addClient(lab, internet.internet, commonName, 2 * worker + 2, common)), worker };
      clients.push(first, second);
    }
    const general = {
      workers: WORKERS,
      password: common,
      ip6: `${SERVER_TUNNEL_ADDRESS_6}/64`,
      client_to_client: true,
    };
    const config = fillTemplate("server", general, {
      "client own0": { password: own["own0"] ?? "" },
      "client own1": { password: own["own1"] ?? "", ip4: "10.44.43.200", routes: NETWORK_BEHIND },
    });
    server = new Daemon(lab, internet.vps, "server", "server", config);
    untouched = await hostSnapshot(internet.vps);
    server.start();
    for (const { daemon } of clients) daemon.start();
    await server.untilUp(clients.length * LINKS, 30_000);
    for (const { daemon } of clients) await daemon.untilRouting(OUTSIDE_ADDRESS);
  });

  after(async () => {
    await lab.close();
  });

  it("has every client in the worker of its secret or, for a common one, its name", async () => {
    const { output } = server.process;

    assert.deepEqual(
      clients.map(({ name }) => [name, workerOf(output, name)]),
      clients.map(({ name, worker }) => [name, worker]),
    );
  });

  it("carries each client's packets to the server, the internet, and back", async () => {
    for (const { name, namespace } of clients) {
      for (const target of [SERVER_TUNNEL_ADDRESS, SERVER_TUNNEL_ADDRESS_6, OUTSIDE_ADDRESS])
        assert.ok(await reaches(namespace, target), `${name} to ${target}`);
    }
  });

  it("carries downloads of all clients at a time over all links", async () => {
    await startWebServer(lab, internet.outside);

    const downloads = clients.map(({ namespace }) =>
      startDownload(lab, namespace, DOWNLOAD_SECONDS, OUTSIDE_ADDRESS),
    );
    const transfers = await Promise.all(downloads.map((download) => finished(download, DOWNLOAD_SECONDS)));

    for (const { bytes } of transfers) assert.ok(bytes > FEWEST_BYTES, `${bytes} bytes`);
    const { bundles, drops } = await server.status();
    assert.equal(bundles.length, clients.length);
    for (const { name, links } of bundles) {
      for (const { name: link, sent } of links)
        assert.ok(sent.bytes > FEWEST_BYTES / 10, `${name}/${link}: ${sent.bytes} bytes`);
    }
    assert.equal(drops["wrong-worker"] ?? 0, 0);
    assert.equal(drops["unknown-link"] ?? 0, 0);
  });

  it("lets every client reach every other one, and the network behind it", async () => {
    const own1 = clients.find(({ name }) => name === "own1");
    await own1?.namespace.ip(`address add ${HOST_BEHIND}/32 dev lo`);
    const addresses = await addressesOf(server);

    for (const from of clients) {
      for (const to of clients) {
        if (from === to) continue;
        for (const address of [addresses.get(to.name)?.ip4, addresses.get(to.name)?.ip6])
          assert.ok(await reaches(from.namespace, address ?? ""), `${from.name} to ${to.name} at ${address}`);
      }
      if (from !== own1) assert.ok(await reaches(from.namespace, HOST_BEHIND), `${from.name} to ${HOST_BEHIND}`);
    }
  });

  it("gives clients that start again their addresses again", async () => {
    const before = await addressesOf(server);

    await startAgain(clients);

    assert.deepEqual(await addressesOf(server), before);
  });

  it("does not give its port to another server with workers, and goes on", async () => {
    const general = { workers: WORKERS, password: newSecret(), interface_name: "other0", ip4: "10.99.0.1/24" };
    const other = new Daemon(lab, internet.vps, "server", "other", fillTemplate("server", general, {}));

    other.start();
    const { code } = await other.process.end(10_000);

    assert.notEqual(code, 0);
    assert.match(other.process.output, /EADDRINUSE/);
    await startAgain(clients);
  });

  it("leaves its host as it was", async () => {
    await server.stop();

    assert.equal(await hostSnapshot(internet.vps), untouched);
  });
});

/** Kills the clients, starts them again, and waits until all reach the internet. */
async function startAgain(clients: readonly Placed[]): Promise<void> {
  await Promise.all(clients.map(({ daemon }) => daemon.kill()));
  for (const { daemon } of clients) daemon.start();
  for (const { daemon } of clients) await daemon.untilUp(LINKS);
  for (const { daemon } of clients) await daemon.untilRouting(OUTSIDE_ADDRESS);
  for (const { name, namespace } of clients)
    await waitUntil(`${name} reaches the internet`, 5000, () => reaches(namespace, OUTSIDE_ADDRESS));
}

function newSecret(): string {
  return randomBytes(32).toString("base64");
}

/** A secret by which a client comes to this worker. */
async function secretFor(worker: number): Promise<string> {
  for (;;) {
    const text = newSecret();
    const { keyId } = await secretKeyFromText(crypto, text);
    if (workerFor({ keyId, shard: 0 }, undefined, WORKERS) === worker) return text;
  }
}

/** A name by which a client with the common secret comes to this worker. */
async function nameFor(common: string, worker: number): Promise<string> {
  const secret = await secretKeyFromText(crypto, common);
  for (let number = 0; ; number++) {
    const name = `common${number}`;
    const target = { keyId: secret.keyId, shard: shardByte(crypto, secret, name) };
    if (workerFor(target, secret.keyId, WORKERS) === worker) return name;
  }
}

/** The worker that the server's log names for a client. */
function workerOf(output: string, client: string): number | undefined {
  const line = output
    .split("\n")
    .find((one) => one.includes(`"client":"${client}"`) && one.includes("client connected"));
  const worker = /"worker":(\d+)/.exec(line ?? "")?.[1];
  return worker === undefined ? undefined : Number(worker);
}

type Addresses = { readonly ip4: string | undefined; readonly ip6: string | undefined };

async function addressesOf(server: Daemon): Promise<Map<string, Addresses>> {
  const { bundles } = await server.status();
  const plain = (address: string | null): string | undefined => address?.replace(/\/.*/, "");
  const all = bundles.map(({ name, ip4, ip6 }) => [name, { ip4: plain(ip4), ip6: plain(ip6) }] as const);
  return new Map(all.sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function reaches(from: ClientMachine["namespace"], target: string): Promise<boolean> {
  return await from.run("ping", "-q", "-c", "1", "-W", "2", target).then(
    () => true,
    () => false,
  );
}
