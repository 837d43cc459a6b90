import type { CaptureSink } from "../observe/capture-sink.ts";
import type { TappedFrame } from "./data-plane/frame-tap.ts";

/** Hands the data plane's frames to everybody who captures; frames are only copied while there is somebody. */
export class CaptureHub {
  readonly #sinks = new Set<CaptureSink>();
  readonly #setWanted: (isWanted: boolean) => void;

  /** `setWanted` starts and ends the copying of frames. */
  constructor(setWanted: (isWanted: boolean) => void) {
    this.#setWanted = setWanted;
  }

  /** Whether anybody captures now. */
  get isWanted(): boolean {
    return this.#sinks.size > 0;
  }

  /** Adds a reader until the signal is aborted. */
  add(sink: CaptureSink, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#sinks.add(sink);
    sink.begin();
    if (this.#sinks.size === 1) this.#setWanted(true);
    const remove = (): void => {
      this.#sinks.delete(sink);
      if (this.#sinks.size === 0) this.#setWanted(false);
    };
    signal.addEventListener("abort", remove, { once: true });
  }

  /** Writes frames to every reader, with the time of day. */
  write(frames: readonly TappedFrame[]): void {
    const timeMs = Date.now();
    for (const sink of this.#sinks) for (const frame of frames) sink.write({ ...frame, timeMs });
  }
}
