import { array, boolean, type InferOutput, integer, literal, number, object, pipe, string, variant } from "valibot";

const COUNT = pipe(number(), integer());

/** What the process of virtual clients is asked: to connect them all, and to send from all of them for a while. */
export const ORDER = variant("kind", [
  object({
    kind: literal("connect"),
    /** A secret for each client, as `hawser genkey` prints it. */
    passwords: array(string()),
    /** The server's address on each link, and its port. */
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
]);
export type Order = InferOutput<typeof ORDER>;

/** What it answers: how many links are up, or how many packets it sent. */
export const ANSWER = object({ count: COUNT });
export type Answer = InferOutput<typeof ANSWER>;

/** The name of a virtual client, by its place from 0. */
export const clientName = (index: number): string => `virtual${index}`;
