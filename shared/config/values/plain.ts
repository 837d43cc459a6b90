const YES = new Set(["yes", "true", "on", "1"]);
const NO = new Set(["no", "false", "off", "0"]);

/** Reads yes or no: yes, true, on, 1 and no, false, off, 0, in any case. Undefined for anything else. */
export function parseYesNo(text: string): boolean | undefined {
  const word = text.toLowerCase();
  if (YES.has(word)) return true;
  return NO.has(word) ? false : undefined;
}

/** A reader of whole numbers, decimal or with 0x, between two bounds that are allowed themselves. */
export function wholeNumber(smallest: number, largest: number): (text: string) => number | undefined {
  return (text) => {
    const value = /^(?:\d{1,15}|0x[0-9a-f]{1,12})$/i.test(text) ? Number(text) : Number.NaN;
    return value >= smallest && value <= largest ? value : undefined;
  };
}

/** A reader of decimal numbers with or without a minus sign, between two bounds that are allowed themselves. */
export function integer(smallest: number, largest: number): (text: string) => number | undefined {
  return (text) => {
    const value = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    return value >= smallest && value <= largest ? value : undefined;
  };
}

/** A reader of one word out of several. */
export function oneOf<Word extends string>(words: readonly Word[]): (text: string) => Word | undefined {
  return (text) => words.find((word) => word === text);
}

/** A reader of one or more values separated by white space or commas; all of them must be readable. */
export function listOf<Item>(
  parse: (text: string) => Item | undefined,
): (text: string) => readonly Item[] | undefined {
  return (text) => {
    const words = text.split(/[\s,]+/).filter((word) => word !== "");
    const items = words.map(parse).filter((item) => item !== undefined);
    return items.length > 0 && items.length === words.length ? items : undefined;
  };
}
