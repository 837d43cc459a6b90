/** What was measured of one subject in one case and round. What a case does not measure is left out. */
export type Figures = {
  /** Payload that arrived, in bits per second. */
  readonly bitsPerSecond?: number;
  /** Packets that arrived, in packets per second. */
  readonly packetsPerSecond?: number;
  /** Round-trip times in milliseconds: the median, and what 99 % do not exceed. */
  readonly pingMedian?: number;
  readonly pingP99?: number;
  /** Processor time of the subject's processes on each side, for a packet: in microseconds. */
  readonly clientPerPacket?: number;
  readonly serverPerPacket?: number;
  /** The same for a gigabyte of payload: in seconds. */
  readonly clientPerGigabyte?: number;
  readonly serverPerGigabyte?: number;
  /** Bits, or packets, for a second of processor time of both sides together. */
  readonly bitsPerCpuSecond?: number;
  readonly packetsPerCpuSecond?: number;
  /** The share of the offered packets that did not arrive. */
  readonly lossShare?: number;
  /** Packets that the subject itself has lost, by its own counters, all together and by what it calls them. */
  readonly lostPackets?: number;
  readonly losses?: Losses;
  /** The share of the machine's processor time that was used meanwhile, by everything. */
  readonly busyShare?: number;
};

/** Counts of lost packets, by names that are the subject's own. */
export type Losses = Readonly<Record<string, number>>;

/** The figures that are one number. */
export type FigureName = Exclude<keyof Figures, "losses">;

/** The figures of one measurement, and what was measured. Rounds count from 0. */
export type Measurement = {
  readonly caseName: string;
  readonly subject: string;
  readonly round: number;
  readonly figures: Figures;
};

/** What passed through a subject in a time, and what that cost. */
export type Passage = {
  readonly seconds: number;
  readonly payloadBytes: number;
  readonly packets: number;
  /** Processor time of each side's processes, in seconds. */
  readonly client: number;
  readonly server: number;
};

/** What a passage costs on each side. Without processes, as with what the kernel does by itself, nothing is known. */
export function costs({ payloadBytes, packets, client, server }: Passage): Figures {
  if (client + server === 0) return {};
  return {
    clientPerPacket: (client * 1e6) / packets,
    serverPerPacket: (server * 1e6) / packets,
    clientPerGigabyte: (client * 1e9) / payloadBytes,
    serverPerGigabyte: (server * 1e9) / payloadBytes,
    bitsPerCpuSecond: (payloadBytes * 8) / (client + server),
    packetsPerCpuSecond: packets / (client + server),
  };
}
