import type { PacketSink } from "../../shared/protocol/bundle/packet-sink.ts";

/** A sink that takes the packets of runs as it takes single ones. */
export function packetSink(deliver: PacketSink["deliver"], onMemoryShort: () => void): PacketSink {
  return {
    deliver,
    deliverRun: ({ offsets, lengths }, from, to, isChecksumPartial) => {
      let place = from;
      while (place < to && deliver(offsets[place] ?? 0, lengths[place] ?? 0, isChecksumPartial)) place++;
      return place - from;
    },
    onMemoryShort,
  };
}
