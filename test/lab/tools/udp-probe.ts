// UDP with sequence numbers and times, for loss and one-way delay (all processes here share one monotonic clock).
//   udp-probe.js receive PORT                                        after SIGTERM, once 300 ms were quiet, "received JSON"
//   udp-probe.js send HOST PORT BYTES PACKETS_PER_SECOND SECONDS     then the line "sent N"
// BYTES is the datagram's payload, 16 at least: 4 bytes of sequence number, 4 of nothing, 8 of the time in ns.
import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import { monotonicNow } from "./transfer-meter.ts";

/** What the receiver saw. Times are milliseconds; delays are one way, one for each datagram in order of arrival. */
export type ProbeReport = {
  readonly datagrams: number;
  readonly bytes: number;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly duplicates: number;
  readonly reordered: number;
  readonly delaysMs: readonly number[];
};

const QUIET_MS = 300;

const [mode = "", ...args] = process.argv.slice(2);
if (mode === "receive") receive(Number(args[0]));
if (mode === "send") send(args[0] ?? "", args.slice(1).map(Number));

function receive(port: number): void {
  const seen = new Set<number>();
  const delaysMs: number[] = [];
  let report: ProbeReport = { datagrams: 0, bytes: 0, firstAt: 0, lastAt: 0, duplicates: 0, reordered: 0, delaysMs };
  let highest = -1;
  const socket = createSocket({ type: "udp6", recvBufferSize: 4 << 20 });
  socket.on("message", (datagram) => {
    const now = process.hrtime.bigint();
    const sequence = datagram.readUInt32BE(0);
    delaysMs.push(Number(now - datagram.readBigUInt64BE(8)) / 1e6);
    const at = Number(now) / 1e6;
    report = {
      datagrams: report.datagrams + 1,
      bytes: report.bytes + datagram.length,
      firstAt: report.datagrams === 0 ? at : report.firstAt,
      lastAt: at,
      duplicates: report.duplicates + (seen.has(sequence) ? 1 : 0),
      reordered: report.reordered + (sequence < highest ? 1 : 0),
      delaysMs,
    };
    seen.add(sequence);
    highest = Math.max(highest, sequence);
  });
  socket.bind(port, "::", () => console.log("ready"));
  const finish = (): void => {
    console.log(`received ${JSON.stringify(report)}`);
    socket.close();
  };
  process.once("SIGTERM", () => {
    const quiet = setTimeout(finish, QUIET_MS);
    socket.on("message", () => quiet.refresh());
  });
}

function send(host: string, [port = 0, size = 16, packetsPerSecond = 1, seconds = 1]: readonly number[]): void {
  const socket = createSocket({ type: isIPv6(host) ? "udp6" : "udp4", sendBufferSize: 4 << 20 });
  const total = Math.round(packetsPerSecond * seconds);
  const startedAt = monotonicNow();
  let sequence = 0;
  let handedOver = 0;
  const note = (): void => {
    handedOver += 1;
    if (handedOver === total) socket.close(() => console.log(`sent ${total}`));
  };
  const tick = (): void => {
    const due = Math.min(total, Math.floor(((monotonicNow() - startedAt) * packetsPerSecond) / 1000) + 1);
    for (; sequence < due; sequence++) socket.send(stamped(size, sequence), port, host, note);
    if (sequence < total) setTimeout(tick, Math.max(1, 1000 / packetsPerSecond / 2));
  };
  tick();
}

function stamped(size: number, sequence: number): Buffer {
  const datagram = Buffer.alloc(size);
  datagram.writeUInt32BE(sequence, 0);
  datagram.writeBigUInt64BE(process.hrtime.bigint(), 8);
  return datagram;
}
