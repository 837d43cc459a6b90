// The relay's data thread: blocks in the loop's poll, and between two turns obeys what has come over its port.
import { parentPort, receiveMessageOnPort } from "node:worker_threads";
import type { RelayReply, RelayRequest } from "./messages.ts";
import { RelayLoop } from "./relay-loop.ts";

const port = parentPort;
if (port === null) throw new Error("this runs as the relay's worker thread");
const loop = new RelayLoop();
port.postMessage({ wakeFd: loop.wakeFd });

for (;;) {
  for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port))
    port.postMessage(reply(next.message));
  loop.turn();
}

function reply({ id, order }: RelayRequest): RelayReply {
  try {
    const counts = loop.obey(order);
    return counts === undefined ? { id } : { id, counts };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}
