// Measures every step of a packet's way in this process, in the network namespace that it runs in: program.js SAMPLES.
// Writes each time as one line of JSON.
import process from "node:process";
import { createHandshakeCrypto } from "../../../shared/runtime/handshake-crypto.ts";
import { measureCore } from "./core-steps.ts";
import { measureTun } from "./tun-steps.ts";

const LINKS = [1, 2];

const samples = Number(process.argv[2]);
for (const time of await measureTun(samples)) console.log(JSON.stringify(time));
const crypto = await createHandshakeCrypto();
for (const links of LINKS) for (const time of measureCore(crypto, links, samples)) console.log(JSON.stringify(time));
