// A host that is not there: answers pings to every address of 10.99.0.0/24 but .1, which is ours.
//
//   sudo node dist/examples/ping-responder.js &
//   ping 10.99.0.7

import { execFileSync } from "node:child_process";
import { DELIVERY_COLUMN_COUNT, HEADROOM, MINIMUM_SCRATCH, PACKET_COLUMN_COUNT, TunDevice } from "../index.ts";

const CAPACITY = 64;
const ICMP = 1;
const ECHO_REQUEST = 8;
const WAIT_MS = 500;

const arena = new Uint8Array(4 * MINIMUM_SCRATCH);
const packets = new Int32Array(PACKET_COLUMN_COUNT * CAPACITY);
const replies = new Int32Array(DELIVERY_COLUMN_COUNT * CAPACITY);

const device = TunDevice.open({ name: "ping%d", kind: "tun" });
execFileSync("ip", ["address", "add", "10.99.0.1/24", "dev", device.name]);
device.setUp();
console.log(`${device.name} is up: try "ping 10.99.0.7"; offloads:`, device.offloads);
process.on("SIGINT", () => process.exit());
respond();

function respond(): void {
  TunDevice.waitReadable([device], WAIT_MS);
  const rows = device.read(arena, 0, arena.length, packets, CAPACITY);
  let count = 0;
  for (let row = 0; row < rows; row++) {
    const offset = packets[row] ?? HEADROOM;
    const length = packets[CAPACITY + row] ?? 0;
    if (!turnIntoReply(arena.subarray(offset, offset + length))) continue;
    replies[count] = offset;
    replies[CAPACITY + count] = length;
    replies[2 * CAPACITY + count] = 0;
    count++;
  }
  if (count > 0) device.write(arena, replies, CAPACITY, count);
  setImmediate(respond);
}

/** Turns an echo request (RFC 792) into its reply in place; false for any other packet. */
function turnIntoReply(packet: Uint8Array): boolean {
  if (packet.length < 28 || packet[0] !== 0x45 || packet[9] !== ICMP || packet[20] !== ECHO_REQUEST) return false;
  const source = packet.slice(12, 16);
  packet.copyWithin(12, 16, 20);
  packet.set(source, 16);
  packet[20] = 0;
  // RFC 1624: the type fell from 8 to 0, so the checksum rises by 0x0800.
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  const sum = view.getUint16(22) + (ECHO_REQUEST << 8);
  view.setUint16(22, (sum & 0xffff) + (sum >> 16));
  return true;
}
