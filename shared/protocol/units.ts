/** A time or a duration in milliseconds of a monotonic clock; fractions are meaningful. */
export type Milliseconds = number & { readonly unit: "milliseconds" };

/** A count of bytes. */
export type Bytes = number & { readonly unit: "bytes" };

/** A bandwidth in bytes per second, as in the configuration. */
export type BytesPerSecond = number & { readonly unit: "bytes per second" };

export const NEVER = Number.POSITIVE_INFINITY as Milliseconds;
export const UNLIMITED = Number.POSITIVE_INFINITY as BytesPerSecond;

export const milliseconds = (value: number): Milliseconds => value as Milliseconds;
export const seconds = (value: number): Milliseconds => (value * 1000) as Milliseconds;
export const bytes = (value: number): Bytes => value as Bytes;
export const bytesPerSecond = (value: number): BytesPerSecond => value as BytesPerSecond;
export const megabitsPerSecond = (value: number): BytesPerSecond => (value * 125_000) as BytesPerSecond;
export const earliest = (a: Milliseconds, b: Milliseconds): Milliseconds => (a < b ? a : b);
