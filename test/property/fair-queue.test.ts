import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { milliseconds } from "../../shared/protocol/units.ts";
import { BEGIN, END, PPP_PROTOCOLS } from "../../shared/protocol/wire/frame-header.ts";
import { isIntact, serialOf } from "../support/ip-packets.ts";
import { ECT_0, NOT_ECT, packetOf, QueueDriver } from "../support/queue-driver.ts";

const CELLS = 96;
const FLOWS = 5;
const LARGEST_LIMIT = 150_000;
const STEP_TIME = 3;

type Step =
  | { readonly kind: "push"; readonly flow: number; readonly size: number; readonly codepoint: number }
  | { readonly kind: "push rest"; readonly flow: number; readonly size: number; readonly sent: number }
  | { readonly kind: "send"; readonly count: number }
  | { readonly kind: "send part"; readonly fraction: number }
  | { readonly kind: "send nothing" }
  | { readonly kind: "limit"; readonly limit: number }
  | { readonly kind: "wait"; readonly elapsed: number }
  | { readonly kind: "recycle" | "trim" | "clear" };

const anyFlow = fc.nat({ max: FLOWS - 1 });
const anySize = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 32, max: 1500 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1500, max: 20_000 }) },
);
const push: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant("push"),
  flow: anyFlow,
  size: anySize,
  codepoint: fc.constantFrom(NOT_ECT, ECT_0),
});
const pushRest: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant("push rest"),
  flow: anyFlow,
  size: anySize,
  sent: fc.integer({ min: 1, max: 32 }),
});
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 90, arbitrary: push },
  { weight: 6, arbitrary: pushRest },
  { weight: 36, arbitrary: fc.record({ kind: fc.constant("send"), count: fc.integer({ min: 1, max: 4 }) }) },
  {
    weight: 15,
    arbitrary: fc.record({ kind: fc.constant("send part"), fraction: fc.double({ min: 0.01, max: 1, noNaN: true }) }),
  },
  { weight: 9, arbitrary: fc.constant({ kind: "send nothing" }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("limit"), limit: fc.nat({ max: LARGEST_LIMIT }) }) },
  {
    weight: 24,
    arbitrary: fc.record({ kind: fc.constant("wait"), elapsed: fc.double({ min: 0, max: 60, noNaN: true }) }),
  },
  { weight: 15, arbitrary: fc.constant({ kind: "recycle" }) },
  { weight: 3, arbitrary: fc.constant({ kind: "trim" }) },
  { weight: 1, arbitrary: fc.constant({ kind: "clear" }) },
);
const anySteps = fc.array(anyStep, { minLength: 1, maxLength: 400, size: "max" });

describe("A fair queue, whatever is done with it,", () => {
  it("keeps packets whole and their flows in order, counts each, and gives every cell back once", () => {
    const seen = { dropped: 0, marked: 0, overLimit: 0, refused: 0, delivered: 0 };
    fc.assert(
      fc.property(anySteps, (steps) => {
        const run = new Run();
        for (const step of steps) run.take(step);
        run.drain();
        assert.ok(run.driver.hasAllCells(), "not all cells are back once");

        const { dropped, marked, overLimit } = run.driver.queue;
        seen.dropped += dropped;
        seen.marked += marked;
        seen.overLimit += overLimit;
        seen.refused += run.refused;
        seen.delivered += run.delivered;
      }),
      { numRuns: 300 },
    );

    for (const [what, count] of Object.entries(seen)) assert.ok(count > 50, `the cases hardly saw any ${what}`);
  });

  it("has the same cells back after it is cleared at any time", () => {
    fc.assert(
      fc.property(anySteps, (steps) => {
        const run = new Run();
        for (const step of steps) run.take(step);
        run.driver.queue.clear();

        assert.equal(run.driver.queue.bytes, 0);
        assert.ok(run.driver.hasAllCells());
      }),
    );
  });
});

/** A fair queue under steps, and what it must have of them. */
class Run {
  readonly driver = new QueueDriver({ cells: CELLS, limit: LARGEST_LIMIT });
  readonly #flowOf: number[] = [];
  readonly #lastOfFlow = new Map<number, number>();
  /** The rests of packets whose first parts were sent elsewhere, in their order. */
  readonly #rests: Uint8Array[] = [];
  #now = 1000;
  #pushed = 0;
  #cleared = 0;
  /** The bytes of the packet that is being sent. */
  #current: number[] = [];
  #isRest = false;
  refused = 0;
  delivered = 0;

  take(step: Step): void {
    this.#now += STEP_TIME;
    const { queue, cells } = this.driver;
    if (step.kind === "push") this.#push(step.flow, step.size, step.codepoint, 0);
    else if (step.kind === "push rest") this.#push(step.flow, step.size, NOT_ECT, step.sent);
    else if (step.kind === "send") for (let count = 0; count < step.count; count++) this.#send(1);
    else if (step.kind === "send part") this.#send(step.fraction);
    else if (step.kind === "send nothing") this.#send(0);
    else if (step.kind === "limit") queue.limit = step.limit;
    else if (step.kind === "wait") this.#now += step.elapsed;
    else if (step.kind === "recycle") cells.recycle();
    else if (step.kind === "trim") queue.trim();
    else this.#clear();
    assert.equal(queue.count, this.#pushed - this.delivered - queue.dropped - queue.overLimit - this.#cleared);
    assert.equal(queue.isEmpty, queue.count === 0);
    assert.equal(queue.bytes > 0, queue.count > 0);
  }

  drain(): void {
    while (!this.driver.queue.isEmpty) this.#send(1);
    assert.equal(this.#current.length, 0);
    this.take({ kind: "wait", elapsed: 0 });
  }

  #push(flow: number, size: number, codepoint: number, sent: number): void {
    const { queue } = this.driver;
    const serial = this.#flowOf.length;
    this.#flowOf.push(flow);
    const isTaken = this.driver.push({ flow, serial, size, codepoint }, this.#now, sent);
    if (isTaken) this.#pushed++;
    else this.refused++;
    if (isTaken && sent > 0) this.#rests.push(framePacket(size, serial).subarray(sent));
    if (isTaken && sent === 0) assert.ok(queue.bytes <= queue.limit, "more than the limit");
  }

  /** Sends this fraction of the piece that is next. */
  #send(fraction: number): void {
    const { queue, fragment } = this.driver;
    if (!queue.peek(fragment, milliseconds(this.#now))) return;
    const isBegin = (fragment.flags & BEGIN) !== 0;
    const isEnd = (fragment.flags & END) !== 0;
    const { length } = fragment;
    if (this.#current.length === 0) this.#isRest = !isBegin;
    else assert.ok(!isBegin, "another packet within a packet");
    const sent = Math.ceil(length * fraction);
    const bytes = this.driver.send(sent);
    this.#current.push(...bytes);
    if (isEnd && sent === length) this.#deliver();
  }

  #deliver(): void {
    this.delivered++;
    const bytes = Uint8Array.from(this.#current);
    this.#current = [];
    if (this.#isRest) {
      assert.deepEqual(bytes, this.#rests.shift());
      return;
    }
    const packet = bytes.subarray(1);
    assert.ok(isIntact(packet), "a packet that was changed");
    const serial = serialOf(packet);
    const flow = this.#flowOf[serial] ?? -1;
    assert.ok(serial > (this.#lastOfFlow.get(flow) ?? -1), `${serial} of flow ${flow} is out of order`);
    this.#lastOfFlow.set(flow, serial);
  }

  #clear(): void {
    const { queue } = this.driver;
    this.#cleared += queue.count;
    queue.clear();
    this.#rests.length = 0;
    this.#current = [];
  }
}

function framePacket(size: number, serial: number): Uint8Array {
  return Uint8Array.of(PPP_PROTOCOLS.ip4, ...packetOf({ flow: 0, size, serial }));
}
