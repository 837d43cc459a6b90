// Many clients in one process, told by its channel what to do: client-messages.ts says what.
import process from "node:process";
import { monotonicMilliseconds } from "dgram-native";
import { parse } from "valibot";
import { milliseconds } from "../../../shared/protocol/units.ts";
import { createHandshakeCrypto } from "../../../shared/runtime/handshake-crypto.ts";
import { BurstPace } from "./burst-pace.ts";
import { type Answer, BURST, type Connected, ORDER, type Order, PACKET_SIZE } from "./client-messages.ts";
import { udpPacket } from "./udp-packet.ts";
import { VirtualClients } from "./virtual-clients.ts";

const WAIT_MS = 10;
const TICK_MS = 0.5;
// What could not be sent in time is not sent later: no network of many clients makes up for the moments of one process.
const MOST_OWED = 256;
// So many clients at a time wait for their links: a thousand at once would wait for each other, and dial again meanwhile.
const MOST_DIALLING = 32;
const CONNECT_MS = 60_000;

const virtual = new VirtualClients(await createHandshakeCrypto());

process.on("message", (message) => void carryOut(parse(ORDER, message)).then((answer) => process.send?.(answer)));
process.on("disconnect", () => process.exit(0));
console.log("ready");
live();

// A round blocks the event loop, so it is short and messages have their turn after it.
function live(): void {
  virtual.round(WAIT_MS);
  setImmediate(live);
}

async function carryOut(order: Order): Promise<Answer | Connected> {
  switch (order.kind) {
    case "connect":
      return await connect(order);
    case "send":
      return { count: send(order) };
    case "count":
      return { count: virtual.delivered };
  }
}

async function connect(order: Order & { readonly kind: "connect" }): Promise<Connected> {
  const { passwords, servers, port, offload } = order;
  const until = monotonicMilliseconds() + CONNECT_MS;
  virtual.open(servers.length, offload);
  for (const [index, password] of passwords.entries()) {
    await virtual.dial(index, password, servers, port);
    const wanted = (index + 1 - MOST_DIALLING) * servers.length;
    while (virtual.linksUp < wanted && monotonicMilliseconds() < until) virtual.round(WAIT_MS);
  }
  const all = passwords.length * servers.length;
  while (virtual.linksUp < all && monotonicMilliseconds() < until) virtual.round(WAIT_MS);
  const addresses = virtual.clients.flatMap(({ address }) => (address === undefined ? [] : [address.join(".")]));
  return { count: virtual.linksUp, addresses };
}

function send({ destination, port, packetsPerSecond, seconds }: Order & { readonly kind: "send" }): number {
  const to = destination.split(".").map(Number);
  const clients = virtual.clients.flatMap((client) => {
    return client.address === undefined
      ? []
      : [{ client, packet: udpPacket([...client.address], to, port, PACKET_SIZE) }];
  });
  const startedAt = milliseconds(monotonicMilliseconds());
  const pace = new BurstPace(packetsPerSecond, BURST, MOST_OWED, startedAt);
  let sent = 0;
  for (let [now, turn] = [startedAt, 0]; now < startedAt + seconds * 1000; ) {
    now = virtual.round(TICK_MS);
    const bursts = pace.take(now);
    for (let burst = 0; burst < bursts; burst++) {
      const next = clients[turn++ % clients.length];
      if (next === undefined) return 0;
      virtual.send(next.client, next.packet, BURST, now);
      sent += BURST;
    }
    if (bursts > 0) virtual.finish(now);
  }
  return sent;
}
