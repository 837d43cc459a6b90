import { SendingOrder } from "../../shared/protocol/bundle/sending-order.ts";
import type { SequenceNumber } from "../../shared/protocol/bundle/sequence-number.ts";
import { REAL_TIME_CLASS } from "../../shared/protocol/bundle/traffic-class.ts";
import { BEGIN, END } from "../../shared/protocol/wire/frame-header.ts";
import type { Random } from "../emulator/random.ts";

/** A fragment on its way: which packet it is part of, and its bytes. */
export type StreamFragment = {
  readonly packet: number;
  readonly trafficClass: number;
  readonly sequence: SequenceNumber;
  readonly flags: number;
  readonly bytes: Uint8Array;
};

/** A packet that was cut: its bytes follow from its number. */
export type StreamPacket = { readonly trafficClass: number; readonly size: number; readonly fragments: number };

/** What is sent over links: the fragments of each link, in order, and the packets that they make. */
export type FragmentStream = {
  readonly links: readonly StreamFragment[][];
  readonly packets: readonly StreamPacket[];
};

const SMALLEST = 5;
const LARGEST_FRAGMENT = 1400;

/** The bytes of packet `number` of a stream: its number in front, then what follows from it. */
export function streamPacket(number: number, size: number): Uint8Array {
  const bytes = Uint8Array.from({ length: size }, (_, place) => (number * 31 + place * 7) & 0xff);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}

/** Cuts random packets of random classes and spreads their fragments over links, with a null fragment now and then. */
export function randomStream(
  dice: Random,
  options: {
    readonly packets: number;
    readonly links: number;
    readonly classes: number;
    readonly order?: SendingOrder;
    /** Whether packets of class 0 are whole, and no null fragment is among them. */
    readonly hasRealTimeClass?: boolean;
  },
): FragmentStream {
  const { order = new SendingOrder(), hasRealTimeClass = false } = options;
  const links = Array.from({ length: options.links }, (): StreamFragment[] => []);
  const packets: StreamPacket[] = [];
  for (let number = 0; number < options.packets; number++) {
    const trafficClass = dice.below(options.classes);
    const isRealTime = hasRealTimeClass && trafficClass === REAL_TIME_CLASS;
    const count = isRealTime || dice.happens(0.6) ? 1 : 1 + dice.below(6);
    const size = SMALLEST + dice.below(count * LARGEST_FRAGMENT - SMALLEST);
    const bytes = streamPacket(number, size);
    const fragments = Math.min(count, size);
    packets.push({ trafficClass, size, fragments });
    for (let part = 0; part < fragments; part++) {
      const ordinal = dice.below(options.links);
      const flags = (part === 0 ? BEGIN : 0) | (part === fragments - 1 ? END : 0);
      const sequence = order.take(trafficClass, ordinal);
      const [start, end] = [part, part + 1].map((cut) => Math.floor((size * cut) / fragments));
      links[ordinal]?.push({ packet: number, trafficClass, sequence, flags, bytes: bytes.slice(start, end) });
    }
    if (!isRealTime && dice.happens(0.05)) {
      const ordinal = dice.below(options.links);
      const sequence = order.pass(trafficClass, ordinal);
      const flags = BEGIN | END;
      links[ordinal]?.push({ packet: -1, trafficClass, sequence, flags, bytes: new Uint8Array(0) });
    }
  }
  return { links, packets };
}
