// The lab's relay: the emulator between TUN devices, in one process for all lines of a network. It is told what to do
// over the channel of the process that started it (`RelayRequest`, answered by `RelayReply`), and ends with that.
import process from "node:process";
import { Worker } from "node:worker_threads";
import { wake } from "dgram-native";
import type { RelayReply } from "./messages.ts";

const worker = new Worker(new URL("./worker.js", import.meta.url));
let wakeFd = -1;

worker.on("message", (message: { readonly wakeFd: number } | RelayReply) => {
  if ("wakeFd" in message) wakeFd = message.wakeFd;
  else process.send?.(message);
});
worker.on("error", (error) => {
  console.error(error);
  process.exit(1);
});
process.on("message", (request) => {
  worker.postMessage(request);
  if (wakeFd >= 0) wake(wakeFd);
});
process.on("disconnect", () => process.exit(0));
