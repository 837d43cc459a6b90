/** The class (RFC 2686 §3) of packets that are not put in order, where there is more than one class. */
export const REAL_TIME_CLASS = 0;

// How many classes sparse flows have; the others are for bulk.
const SPARSE_CLASSES = 2;

/**
 * The class of a packet that is to be kept in order, of `classes` that the peer takes: sparse flows never share one with
 * bulk, and bulk flows are spread by hash, so that a loss in one does not stall the others.
 */
export function orderedClass(hash: number, isBulk: boolean, classes: number): number {
  if (classes <= 1 + SPARSE_CLASSES) return classes - 1;
  const bulkClasses = classes - 1 - SPARSE_CLASSES;
  return isBulk ? 1 + SPARSE_CLASSES + (hash % bulkClasses) : 1 + (hash % SPARSE_CLASSES);
}
