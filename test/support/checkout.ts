import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout's folder: this file runs as dist/test/support/checkout.js. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");
