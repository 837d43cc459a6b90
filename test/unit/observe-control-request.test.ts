import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseControlRequest } from "../../shared/observe/control-request.ts";
import { SCHEDULERS } from "../../shared/protocol/scheduler/schedulers.ts";

describe("A request for a scheduler", () => {
  it("asks what there is, of all bundles or of one", () => {
    assert.deepEqual(parseControlRequest('{"request":"scheduler"}'), { request: { request: "scheduler" } });
    assert.deepEqual(parseControlRequest('{"request":"scheduler","bundle":"alice"}'), {
      request: { request: "scheduler", bundle: "alice" },
    });
  });

  for (const to of SCHEDULERS) {
    it(`switches to ${to}`, () => {
      assert.deepEqual(parseControlRequest(JSON.stringify({ request: "scheduler", to })), {
        request: { request: "scheduler", to },
      });
    });
  }

  it("is refused when its scheduler is none, and names those that there are", () => {
    const parsed = parseControlRequest('{"request":"scheduler","to":"fastest"}');

    assert.ok("error" in parsed);
    for (const name of SCHEDULERS) assert.ok(parsed.error.includes(name), parsed.error);
  });

  it("is refused with fields that it does not have", () => {
    assert.ok("error" in parseControlRequest('{"request":"scheduler","link":"dsl1"}'));
    assert.ok("error" in parseControlRequest('{"request":"scheduler","to":1}'));
  });
});
