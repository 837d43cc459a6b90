import type { BpfCode } from "../../shared/protocol/packet/bpf-code.ts";

const WORD = 0xffff_ffffn;

/**
 * What a classic BPF program returns for a packet, written down from the instruction set's table in McCanne and
 * Jacobson's paper with numbers that cannot overflow: slow, and to compare with. As a signed word.
 */
export function referenceResult(code: BpfCode, packet: Uint8Array): number {
  const memory = new Map<bigint, bigint>();
  let [accumulator, index] = [0n, 0n];
  for (let at = 0; ; at++) {
    const operation = code.operations[at] ?? 0;
    const k = BigInt(code.operands[at] ?? 0);
    const operand = (operation & 0x08) === 0 ? k : index;
    const kind = operation & 0x07;
    if (kind === 0x06) return Number(BigInt.asIntN(32, operation === 0x16 ? accumulator : k));
    if (kind === 0x00 || kind === 0x01) {
      const loaded = load(operation, k, index, memory, packet);
      if (loaded === undefined) return 0;
      if (kind === 0x00) accumulator = loaded;
      else index = loaded;
    } else if (kind === 0x02) memory.set(k, accumulator);
    else if (kind === 0x03) memory.set(k, index);
    else if (kind === 0x04) {
      const result = calculate(operation & 0xf0, accumulator, operand);
      if (result === undefined) return 0;
      accumulator = result & WORD;
    } else if (kind === 0x05) at += skipped(code, at, holds(operation & 0xf0, accumulator, operand));
    else if (operation === 0x87) accumulator = index;
    else index = accumulator;
  }
}

function load(
  operation: number,
  k: bigint,
  index: bigint,
  memory: ReadonlyMap<bigint, bigint>,
  packet: Uint8Array,
): bigint | undefined {
  const size = { 0: 4n, 8: 2n, 16: 1n }[operation & 0x18] ?? 0n;
  switch (operation & 0xe0) {
    case 0x00:
      return k;
    case 0x20:
      return bytesAt(packet, k, size);
    case 0x40:
      return bytesAt(packet, k + index, size);
    case 0x60:
      return memory.get(k);
    case 0x80:
      return BigInt(packet.length);
    default: {
      const first = bytesAt(packet, k, 1n);
      return first === undefined ? undefined : 4n * (first % 16n);
    }
  }
}

function bytesAt(packet: Uint8Array, offset: bigint, size: bigint): bigint | undefined {
  if (offset + size > BigInt(packet.length)) return undefined;
  let value = 0n;
  for (let at = offset; at < offset + size; at++) value = 256n * value + BigInt(packet[Number(at)] ?? 0);
  return value;
}

function calculate(arithmetic: number, a: bigint, b: bigint): bigint | undefined {
  const results: Readonly<Record<number, () => bigint | undefined>> = {
    0: () => a + b,
    16: () => a - b,
    32: () => a * b,
    48: () => (b === 0n ? undefined : a / b),
    64: () => a | b,
    80: () => a & b,
    96: () => (b > 31n ? 0n : a << b),
    112: () => (b > 31n ? 0n : a >> b),
    128: () => -a,
    144: () => (b === 0n ? undefined : a % b),
    160: () => a ^ b,
  };
  return results[arithmetic]?.();
}

function holds(condition: number, a: bigint, b: bigint): boolean {
  const results: Readonly<Record<number, boolean>> = { 16: a === b, 32: a > b, 48: a >= b, 64: (a & b) !== 0n };
  return results[condition] ?? true;
}

function skipped(code: BpfCode, at: number, isTrue: boolean): number {
  if (code.operations[at] === 0x05) return code.operands[at] ?? 0;
  return (isTrue ? code.jumpsTrue[at] : code.jumpsFalse[at]) ?? 0;
}
