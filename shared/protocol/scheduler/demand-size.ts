/**
 * A packet as large as this announces more of its flow, of which it takes the way: it goes where a transfer of so many
 * bytes, as a page has, would be complete first.
 */
export const LARGE_PACKET = 1000;
export const TRANSFER = 48 * 1024;
