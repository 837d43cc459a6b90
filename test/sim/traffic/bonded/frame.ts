const FRAME_SIZE = 2048;

/** A datagram under way; frames are used again and again. */
export type Frame = { readonly bytes: Uint8Array; length: number };

/** Frames that are not under way. */
export class FramePool {
  readonly #free: Frame[] = [];

  take(): Frame {
    return this.#free.pop() ?? { bytes: new Uint8Array(FRAME_SIZE), length: 0 };
  }

  readonly release = (frame: Frame): void => {
    this.#free.push(frame);
  };

  /** Another frame with the same bytes. */
  readonly copy = (frame: Frame): Frame => {
    const copy = this.take();
    copy.bytes.set(frame.bytes);
    copy.length = frame.length;
    return copy;
  };
}
