// A thread of `CellWorkers`: measures the cells that it is asked for.
import { parentPort } from "node:worker_threads";
import { createHandshakeCrypto } from "../../../../shared/runtime/handshake-crypto.ts";
import { CASES } from "./all-cases.ts";
import type { CellAnswer, CellRequest } from "./cell-workers.ts";

const crypto = await createHandshakeCrypto();

function answerTo({ name, index, selection }: CellRequest): CellAnswer<unknown> {
  try {
    return { kind: "measured", result: CASES[name]?.measure(index, { crypto, selection }) };
  } catch (error) {
    return { kind: "failed", message: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.on("message", (request: CellRequest) => parentPort?.postMessage(answerTo(request)));
