import { type BpfCode, bpfCode } from "../../shared/protocol/packet/bpf-code.ts";

/** The program of "udp port PORT" for IPv4 packets that are not fragmented. */
export function udpPortFilter(port: number): BpfCode {
  const [loadByte, loadHalf, headerLength, ifEqual, answer] = [0x30, 0x48, 0xb1, 0x15, 0x06];
  return bpfCode([
    [loadByte, 0, 0, 9],
    [ifEqual, 0, 6, 17],
    [headerLength, 0, 0, 0],
    [loadHalf, 0, 0, 0],
    [ifEqual, 2, 0, port],
    [loadHalf, 0, 0, 2],
    [ifEqual, 0, 1, port],
    [answer, 0, 0, 0xffff],
    [answer, 0, 0, 0],
  ]);
}
