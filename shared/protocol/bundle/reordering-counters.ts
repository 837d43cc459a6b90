/** What reordering did in a bundle, in fragments. */
export class ReorderingCounters {
  /** That came before their turn. */
  reordered = 0;
  /** That were given up. */
  lost = 0;
  /** That came after they were given up. */
  late = 0;
  /** That came again, which is usual where lost ones are sent again. */
  duplicate = 0;
  /** That came as copies in time. */
  repaired = 0;
  /** That came, of packets that stayed incomplete. */
  incomplete = 0;
  /** Packets above the MRRU. */
  oversized = 0;
  /** That found no room, or that were no longer waited for to make room. */
  overflows = 0;
  /** Waits for missing ones that no M ended. */
  timeouts = 0;
}
