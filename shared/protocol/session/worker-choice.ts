import {
  ARITHMETIC,
  type BpfInstruction,
  CLASS,
  CONDITION,
  FROM_ACCUMULATOR,
  MODE,
  SIZE,
} from "../packet/bpf-code.ts";
import { DATAGRAM_TYPES, LINK_INDEX_MASK, TYPE_MASK } from "../wire/datagram-header.ts";
import { type InitiationTarget, KEY_ID_OFFSET, SHARD_OFFSET } from "./handshake-datagram.ts";

/**
 * The number of the worker that takes an initiation, so that all links of a client come to the same one: by the key id
 * for clients with secrets of their own, by the shard byte for those who have the common one.
 */
export function workerFor({ keyId, shard }: InitiationTarget, common: Uint8Array | undefined, count: number): number {
  const word = wordOf(keyId);
  return (common !== undefined && word === wordOf(common) ? shard : word) % count;
}

/**
 * The program by which the kernel finds the number of the worker for a datagram: initiations as `workerFor`, data by the
 * receiver's link index, of which each worker gives out those that leave its number when divided by the count.
 */
export function workerProgram(count: number, common: Uint8Array | undefined): readonly BpfInstruction[] {
  const worker: readonly BpfInstruction[] = [
    [CLASS.compute | ARITHMETIC.modulo, 0, 0, count],
    [CLASS.return | FROM_ACCUMULATOR, 0, 0, 0],
  ];
  const ofCommon: readonly BpfInstruction[] =
    common === undefined
      ? []
      : [
          [CLASS.jump | CONDITION.equal, 0, 1, wordOf(common)],
          [CLASS.load | MODE.absolute | SIZE.byte, 0, 0, SHARD_OFFSET],
        ];
  return [
    [CLASS.load | MODE.absolute | SIZE.byte, 0, 0, 0],
    [CLASS.compute | ARITHMETIC.and, 0, 0, TYPE_MASK],
    [CLASS.jump | CONDITION.equal, 0, 1 + ofCommon.length + worker.length, DATAGRAM_TYPES.initiation],
    [CLASS.load | MODE.absolute | SIZE.word, 0, 0, KEY_ID_OFFSET],
    ...ofCommon,
    ...worker,
    [CLASS.load | MODE.absolute | SIZE.word, 0, 0, 0],
    [CLASS.compute | ARITHMETIC.and, 0, 0, LINK_INDEX_MASK],
    ...worker,
  ];
}

/** The first four bytes of a key id, of which enough are different to spread clients. */
function wordOf(keyId: Uint8Array): number {
  const [first = 0, second = 0, third = 0, fourth = 0] = keyId;
  return ((first << 24) | (second << 16) | (third << 8) | fourth) >>> 0;
}
