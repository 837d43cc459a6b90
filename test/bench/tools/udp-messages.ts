/** What the source of UDP load is told: packets of so many bytes of payload at so many a second, for so long. */
export type LoadOrder = {
  readonly address: string;
  readonly port: number;
  readonly payload: number;
  readonly packetsPerSecond: number;
  readonly seconds: number;
};

/** What the source answers when the time is over. */
export type LoadReport = { readonly sent: number };

/** What the sink answers to any message: how many packets came since it was started. */
export type SinkReport = { readonly received: number };
