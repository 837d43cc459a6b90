/** What one end of a call heard of the other. */
export type CallReport = {
  /** Packets that the other end sent, as it announced, and those of them that came. */
  readonly sent: number;
  readonly heard: number;
  /** The longest one-way delay of a packet that came, in milliseconds. */
  readonly longestDelayMs: number;
};

/** The time between two packets of a call. */
export const CALL_INTERVAL_MS = 20;
