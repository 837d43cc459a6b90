// Measures a bundle in simulation on the lines of the project's promise: `node dist/test/sim/baseline.js [CASE...]`,
// cases 1, 2, 4, 5, 6; all when absent. `--seeds N` says how many random sets case 6 takes, `--first N` from which on.
import process from "node:process";
import { parseArgs } from "node:util";
import { createHandshakeCrypto } from "../../shared/runtime/handshake-crypto.ts";
import { capacityCases, faultCases } from "./traffic/cases/capacity-cases.ts";
import { cutCases } from "./traffic/cases/cut-cases.ts";
import { delayCases } from "./traffic/cases/delay-cases.ts";
import { randomCases } from "./traffic/cases/random-cases.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: "string", default: "100" },
    first: { type: "string", default: "1" },
  },
});

const crypto = await createHandshakeCrypto();
const CASES = {
  "1": () => capacityCases(crypto),
  "2": () => faultCases(crypto),
  "4": () => delayCases(crypto),
  "5": () => cutCases(crypto),
  "6": () => randomCases(crypto, { first: Number(values.first), count: Number(values.seeds) }),
};

for (const [name, run] of Object.entries(CASES)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  console.log(`\nCase ${name}`);
  run();
}
if (positionals.some((name) => !(name in CASES))) {
  console.error(`cases are ${Object.keys(CASES).join(", ")}`);
  process.exitCode = 2;
}
