import { array, boolean, type InferOutput, integer, literal, number, object, pipe, string, variant } from "valibot";

const COUNT = pipe(number(), integer());

/** What the process of virtual clients is asked: to connect them all, to send from all of them for a while, to count. */
export const ORDER = variant("kind", [
  object({
    kind: literal("connect"),
    /** A secret for each client, as `hawser genkey` prints it. */
    passwords: array(string()),
    /** The server's address for each link of a client, and its port. */
    servers: array(string()),
    port: COUNT,
    /** Whether the clients' sockets, which all of them share, may send runs of datagrams as one. */
    offload: boolean(),
  }),
  object({
    kind: literal("send"),
    destination: string(),
    port: COUNT,
    packetsPerSecond: number(),
    seconds: number(),
  }),
  object({ kind: literal("count") }),
]);
export type Order = InferOutput<typeof ORDER>;

/** What it answers to "connect": how many links are up, and the clients' addresses in the tunnel. */
export const CONNECTED = object({ count: COUNT, addresses: array(string()) });
export type Connected = InferOutput<typeof CONNECTED>;

/** What it answers to the others: how many packets it sent, or how many have come to all clients so far. */
export const ANSWER = object({ count: COUNT });
export type Answer = InferOutput<typeof ANSWER>;

/** What the source of packets for the clients is told: one to each of these addresses in turn, in bursts. */
export const SPREAD = object({
  addresses: array(string()),
  port: COUNT,
  payload: COUNT,
  packetsPerSecond: number(),
  seconds: number(),
});
export type Spread = InferOutput<typeof SPREAD>;

/** As many packets of a client come one after another as a short burst of TCP has. */
export const BURST = 16;

/** The size of every packet, in bytes. */
export const PACKET_SIZE = 1400;

/** The name of a virtual client, by its place from 0. */
export const clientName = (index: number): string => `virtual${index}`;
