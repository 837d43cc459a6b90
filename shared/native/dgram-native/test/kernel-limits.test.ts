import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { namespaceObstacle, runInNamespace } from "./namespace.ts";

const options = { skip: namespaceObstacle };
const SLOW = "tc qdisc add dev lo root tbf rate 40mbit burst 4000 limit 8000000";

describe("A socket at the limits of the kernel", options, () => {
  for (const offload of ["segmenting", "single"]) {
    it(`keeps in order what a full send buffer refuses (${offload})`, () => {
      assert.deepEqual(run(SLOW, `blocked-${offload}`), {
        taken: 400,
        hadBacklog: true,
        secondSend: "EAGAIN",
        isInOrder: true,
        received: 400,
        backlog: 0,
      });
    });

    it(`takes as much as its backlog holds and says how much that was (${offload})`, () => {
      assert.deepEqual(run(SLOW, `full-${offload}`), {
        isPartial: true,
        isBounded: true,
        isInOrder: true,
        isComplete: true,
      });
    });

    it(`drops and counts what exceeds the MTU, and sends the rest (${offload})`, () => {
      assert.deepEqual(run("ip link set lo mtu 1300", `too-big-${offload}`), {
        received: [0, 1, 2, 13, 14],
        tooBig: 10,
        drops: { EMSGSIZE: 10 },
        lastError: "EMSGSIZE",
        refused: [1390, 0],
        segmentation: offload === "segmenting",
      });
    });
  }

  it("drops and counts by error what has no route, and sends the rest", () => {
    assert.deepEqual(run("true", "no-route"), { received: [0, 2, 4, 6, 8], drops: { ENETUNREACH: 5 } });
  });
});

function run(prepare: string, scenario: string): unknown {
  return runInNamespace(prepare, "./kernel-limits.js", scenario);
}
