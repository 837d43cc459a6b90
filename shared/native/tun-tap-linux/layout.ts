/** Columns that `TunDevice.read` fills: column c of row r is `columns[c * capacity + r]`. */
export const PACKET_COLUMNS = { headOffset: 0, headLength: 1, bodyOffset: 2, bodyLength: 3, flags: 4 } as const;

/** How many columns `PACKET_COLUMNS` has: the length of the array is at least this many times the capacity. */
export const PACKET_COLUMN_COUNT = 5;

/** Columns that `TunDevice.write` takes: column c of row r is `columns[c * capacity + r]`. */
export const DELIVERY_COLUMNS = { offset: 0, length: 1, flags: 2 } as const;

/** How many columns `DELIVERY_COLUMNS` has. */
export const DELIVERY_COLUMN_COUNT = 3;

/** Free bytes before every head in the scratch region, for headers that the caller puts in front. */
export const HEADROOM = 32;

/** Flag of a row: the TCP or UDP checksum holds only the pseudo header's sum (`VIRTIO_NET_HDR_F_NEEDS_CSUM`). */
export const FLAG_CHECKSUM_PARTIAL = 1;

/**
 * Flag of a row that was read: the row before is the segment before it, of the same super-packet and so of the same flow,
 * or a packet of the same flow, size, class and life time that was read by itself.
 */
export const FLAG_CONTINUES = 2;

/** Bytes that the scratch region of `TunDevice.read` has at least: the largest packet, and heads for its segments. */
export const MINIMUM_SCRATCH = 66 * 1024;
