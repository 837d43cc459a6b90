// Many clients in one process, told by its channel what to do: client-messages.ts says what.
import process from "node:process";
import { monotonicMilliseconds } from "dgram-native";
import { parse } from "valibot";
import { milliseconds } from "../../../shared/protocol/units.ts";
import { createHandshakeCrypto } from "../../../shared/runtime/handshake-crypto.ts";
import { type Answer, ORDER, type Order } from "./client-messages.ts";
import { udpPacket } from "./udp-packet.ts";
import { VirtualClients } from "./virtual-clients.ts";

const WAIT_MS = 10;
const TICK_MS = 0.5;
// As many packets of a client come one after another as a short burst of TCP has.
const BURST = 16;
// What could not be sent in time is not sent later: no network of many clients makes up for the moments of one process.
const MOST_OWED = 128;
const PACKET_SIZE = 1400;
// So many clients at a time wait for their links: a thousand at once would wait for each other, and dial again meanwhile.
const MOST_DIALLING = 32;
const CONNECT_MS = 60_000;

const virtual = new VirtualClients(await createHandshakeCrypto());

process.on("message", (message) => void carryOut(parse(ORDER, message)).then((count) => answer({ count })));
process.on("disconnect", () => process.exit(0));
console.log("ready");
live();

// A round blocks the event loop, so it is short and messages have their turn after it.
function live(): void {
  virtual.round(WAIT_MS);
  setImmediate(live);
}

function answer(message: Answer): void {
  process.send?.(message);
}

async function carryOut(order: Order): Promise<number> {
  if (order.kind === "send") return send(order);
  const until = monotonicMilliseconds() + CONNECT_MS;
  virtual.open(order.servers.length, order.offload);
  for (const [index, password] of order.passwords.entries()) {
    await virtual.dial(index, password, order.servers, order.port);
    const wanted = (index + 1 - MOST_DIALLING) * order.servers.length;
    while (virtual.linksUp < wanted && monotonicMilliseconds() < until) virtual.round(WAIT_MS);
  }
  const all = order.passwords.length * order.servers.length;
  while (virtual.linksUp < all && monotonicMilliseconds() < until) virtual.round(WAIT_MS);
  return virtual.linksUp;
}

function send({ destination, port, packetsPerSecond, seconds }: Order & { readonly kind: "send" }): number {
  const to = destination.split(".").map(Number);
  const clients = virtual.clients.flatMap((client) => {
    return client.address === undefined
      ? []
      : [{ client, packet: udpPacket([...client.address], to, port, PACKET_SIZE) }];
  });
  const startedAt = milliseconds(monotonicMilliseconds());
  let sent = 0;
  let owed = 0;
  for (let [now, turn] = [startedAt, 0]; now < startedAt + seconds * 1000; ) {
    const before = now;
    now = virtual.round(TICK_MS);
    owed = Math.min(MOST_OWED, owed + ((now - before) / 1000) * packetsPerSecond);
    for (; owed >= BURST; turn++) {
      const next = clients[turn % clients.length];
      if (next === undefined) return 0;
      virtual.send(next.client, next.packet, BURST, now);
      sent += BURST;
      owed -= BURST;
    }
  }
  return sent;
}
