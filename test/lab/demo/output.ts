/** Writes a line to the terminal. */
export const say = (text: string): void => console.log(text);

/** Writes the title of a part. */
export const heading = (text: string): void => say(`\n${text}\n`);

/** Writes a named value. */
export const row = (name: string, value: string): void => say(`   ${name.padEnd(16)} ${value}`);

/** A rate in bytes per second, for people. */
export const inMegabits = (rate: number): string => `${((rate * 8) / 1e6).toFixed(1)} Mbit/s`;

/** A share of 1, for people. */
export const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
