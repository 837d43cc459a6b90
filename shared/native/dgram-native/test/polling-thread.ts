import { parentPort } from "node:worker_threads";
import { monotonicMilliseconds, Poller } from "../index.ts";

const LIMIT = 20_000;

const poller = new Poller();
parentPort?.postMessage(poller.wakeFd);
const start = monotonicMilliseconds();
poller.wait(LIMIT, new Int32Array(1), new Int32Array(1));
poller.close();
parentPort?.postMessage(monotonicMilliseconds() - start < LIMIT ? "woken" : "timed out");
