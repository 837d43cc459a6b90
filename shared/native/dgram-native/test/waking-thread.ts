import { workerData } from "node:worker_threads";
import { wake } from "../index.ts";

wake(Number(workerData));
