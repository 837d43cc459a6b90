export {
  ADDRESS_RECORD_SIZE,
  type Address,
  type AddressRecord,
  readAddressRecord,
  writeAddressRecord,
} from "./address-record.ts";
export { Aead } from "./aead.ts";
export type { Cipher } from "./aead-slots.ts";
export type { BpfInstruction } from "./bpf-instruction.ts";
export { NO_KEY, RECEIVE_COLUMN_COUNT, RECEIVE_COLUMNS, TRANSMIT_COLUMN_COUNT, TRANSMIT_COLUMNS } from "./columns.ts";
export { Poller, type PollerOptions, READY, WakeHandle, wake } from "./poller.ts";
export { cpuHasAes, interfaceIndex, monotonicMilliseconds } from "./system.ts";
export {
  MAX_DATAGRAM,
  type Offloads,
  type SocketStatistics,
  UdpSocket,
  type UdpSocketOptions,
} from "./udp-socket.ts";
