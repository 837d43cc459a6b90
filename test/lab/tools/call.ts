// A call over UDP: both ends send 50 small packets a second, as telephones do, and say which of the other's did not come.
//   call.js answer PORT            waits for a call and answers it; after SIGTERM, the line "heard JSON" (a CallReport)
//   call.js HOST PORT SECONDS      calls for so long, then writes the same line
// A packet is 160 bytes: 4 bytes of sequence number, 4 of how many will be sent, 8 of the time in ns, and nothing.
import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import { CALL_INTERVAL_MS, type CallReport } from "./call-report.ts";
import { monotonicNow } from "./transfer-meter.ts";

const PACKET_BYTES = 160;
const LAST_WAIT_MS = 2000;

if (process.argv[2] === "answer") answer(Number(process.argv[3]));
else call(process.argv[2] ?? "", Number(process.argv[3]), Number(process.argv[4]));

function call(host: string, port: number, seconds: number): void {
  const socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
  const hearing = hear(socket);
  speak(socket, host, port, Math.round((seconds * 1000) / CALL_INTERVAL_MS), () => {
    setTimeout(() => {
      tell(hearing);
      socket.close();
    }, LAST_WAIT_MS);
  });
}

function answer(port: number): void {
  const socket = createSocket("udp6");
  const hearing = hear(socket);
  socket.once("message", (packet, { address, port: from }) => {
    speak(socket, address, from, packet.readUInt32BE(4), () => undefined);
  });
  socket.bind(port, "::", () => console.log("ready"));
  process.once("SIGTERM", () => {
    tell(hearing);
    socket.close();
  });
}

type Hearing = { readonly sequences: Set<number>; total: number; longestDelayMs: number };

function hear(socket: Socket): Hearing {
  const hearing: Hearing = { sequences: new Set(), total: 0, longestDelayMs: 0 };
  socket.on("message", (packet) => {
    hearing.sequences.add(packet.readUInt32BE(0));
    hearing.total = packet.readUInt32BE(4);
    const delay = monotonicNow() - Number(packet.readBigUInt64BE(8)) / 1e6;
    hearing.longestDelayMs = Math.max(hearing.longestDelayMs, delay);
  });
  return hearing;
}

function speak(socket: Socket, host: string, port: number, total: number, done: () => void): void {
  const startedAt = monotonicNow();
  let sequence = 0;
  const tick = (): void => {
    const due = Math.min(total, Math.floor((monotonicNow() - startedAt) / CALL_INTERVAL_MS) + 1);
    for (; sequence < due; sequence++) {
      const packet = Buffer.alloc(PACKET_BYTES);
      packet.writeUInt32BE(sequence, 0);
      packet.writeUInt32BE(total, 4);
      packet.writeBigUInt64BE(process.hrtime.bigint(), 8);
      socket.send(packet, port, host);
    }
    if (sequence === total) done();
    else setTimeout(tick, CALL_INTERVAL_MS / 4);
  };
  tick();
}

function tell({ sequences, total, longestDelayMs }: Hearing): void {
  const report: CallReport = { sent: total, heard: sequences.size, longestDelayMs };
  console.log(`heard ${JSON.stringify(report)}`);
}
