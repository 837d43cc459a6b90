/** A packet of the model's queue. */
export type ModelPacket = { readonly serial: number; readonly size: number; readonly queuedAt: number };

// RFC 8289 §5.3, in milliseconds.
const INTERVAL = 100;

/** CoDel as RFC 8289 §5 writes it down, over a plain list: what the queue's own code is compared with. */
export class CodelModel {
  readonly packets: ModelPacket[] = [];
  readonly dropped: number[] = [];
  readonly #target: number;
  readonly #maximumPacket: number;
  #firstAboveTime = 0;
  #dropNext = 0;
  #count = 0;
  #lastCount = 0;
  #isDropping = false;

  constructor(target: number, maximumPacket: number) {
    this.#target = target;
    this.#maximumPacket = maximumPacket;
  }

  /** RFC 8289 §5.5. */
  dequeue(now: number): ModelPacket | undefined {
    let { packet, isDroppable } = this.#take(now);
    if (this.#isDropping) {
      if (!isDroppable) this.#isDropping = false;
      while (now >= this.#dropNext && this.#isDropping) {
        this.#drop(packet);
        this.#count++;
        ({ packet, isDroppable } = this.#take(now));
        if (!isDroppable) this.#isDropping = false;
        else this.#dropNext = controlLaw(this.#dropNext, this.#count);
      }
    } else if (isDroppable) {
      this.#drop(packet);
      ({ packet, isDroppable } = this.#take(now));
      this.#isDropping = true;
      const delta = this.#count - this.#lastCount;
      this.#count = 1;
      if (delta > 1 && now - this.#dropNext < 16 * INTERVAL) this.#count = delta;
      this.#dropNext = controlLaw(now, this.#count);
      this.#lastCount = this.#count;
    }
    return packet;
  }

  // RFC 8289 §5.6, `dodequeue`.
  #take(now: number): { packet: ModelPacket | undefined; isDroppable: boolean } {
    const packet = this.packets.shift();
    let isDroppable = false;
    if (packet === undefined) {
      this.#firstAboveTime = 0;
      return { packet, isDroppable };
    }
    const bytes = this.packets.reduce((sum, { size }) => sum + size, 0);
    if (now - packet.queuedAt < this.#target || bytes <= this.#maximumPacket) this.#firstAboveTime = 0;
    else if (this.#firstAboveTime === 0) this.#firstAboveTime = now + INTERVAL;
    else if (now >= this.#firstAboveTime) isDroppable = true;
    return { packet, isDroppable };
  }

  #drop(packet: ModelPacket | undefined): void {
    if (packet !== undefined) this.dropped.push(packet.serial);
  }
}

const controlLaw = (time: number, count: number): number => time + INTERVAL / Math.sqrt(count);
