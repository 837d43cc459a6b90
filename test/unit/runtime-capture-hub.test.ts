import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CaptureSink } from "../../shared/observe/capture-sink.ts";
import { CaptureHub } from "../../shared/runtime/capture-hub.ts";

const FRAME = { bundleName: "alice", linkName: "dsl", direction: "sent", bytes: Uint8Array.of(0x3d) } as const;

describe("A capture hub", () => {
  it("wants frames from the first reader's coming to the last one's going", () => {
    const wishes: boolean[] = [];
    const hub = new CaptureHub((isWanted) => wishes.push(isWanted));
    const [first, second] = [new AbortController(), new AbortController()];

    hub.add(reader().sink, first.signal);
    hub.add(reader().sink, second.signal);
    first.abort();
    assert.equal(hub.isWanted, true);
    second.abort();

    assert.deepEqual(wishes, [true, false]);
    assert.equal(hub.isWanted, false);
  });

  it("gives each frame to every reader that is there", () => {
    const hub = new CaptureHub(() => undefined);
    const [here, gone] = [reader(), reader()];
    const leaving = new AbortController();
    hub.add(here.sink, new AbortController().signal);
    hub.add(gone.sink, leaving.signal);
    const headers = [here.size(), gone.size()];
    leaving.abort();

    hub.write([FRAME, FRAME]);

    assert.ok(here.size() > (headers[0] ?? 0));
    assert.equal(gone.size(), headers[1]);
  });

  it("does not begin with a reader that is gone already", () => {
    const wishes: boolean[] = [];

    new CaptureHub((isWanted) => wishes.push(isWanted)).add(reader().sink, AbortSignal.abort());

    assert.deepEqual(wishes, []);
  });
});

function reader(): { readonly sink: CaptureSink; readonly size: () => number } {
  let size = 0;
  const output = {
    writableLength: 0,
    write: (bytes: Uint8Array) => {
      size += bytes.length;
    },
    end: () => undefined,
  };
  return { sink: new CaptureSink(output, {}), size: () => size };
}
