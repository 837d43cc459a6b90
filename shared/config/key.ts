import * as v from "valibot";

/** How the text of a value is read: a schema from text to `Value` whose message says what is expected. */
export type Kind<Value> = v.GenericSchema<string, Value>;

/** The keys of one kind of section: for each its schema, which carries its default (as text) and its description. */
export type KeyTable = Readonly<Record<string, v.GenericSchema<string | undefined, unknown>>>;

/** What reading a section by a table of keys gives. */
export type SectionOf<Keys extends KeyTable> = v.InferOutput<v.ObjectSchema<Keys, undefined>>;

/** A kind of value out of a reader that answers undefined for what it cannot read, and of what it expects. */
export function kind<Value>(read: (text: string) => Value | undefined, expected: string): Kind<Value> {
  return v.pipe(
    v.string(`missing: ${expected}`),
    v.rawTransform<string, Value>(({ dataset, addIssue, NEVER }) => {
      const value = read(dataset.value);
      if (value !== undefined) return value;
      addIssue({ message: expected });
      return NEVER;
    }),
  );
}

/** A key that may be left out, and then is undefined. `doc` is one line. */
export function optionalKey<Value>(of: Kind<Value>, doc: string) {
  return v.pipe(v.optional(of), v.description(doc));
}

/** A key that stands for `text` when it is left out. `doc` is one line. */
export function keyWithDefault<Value>(of: Kind<Value>, text: string, doc: string) {
  return v.pipe(v.optional(of, text), v.description(doc));
}

/** A key that must be given. `doc` is one line. */
export function requiredKey<Value>(of: Kind<Value>, doc: string) {
  return v.pipe(of, v.description(doc));
}

/** A key as the documentation shows it. */
export type KeyDescription = {
  readonly name: string;
  readonly doc: string;
  readonly defaultText: string | undefined;
};

/** All keys of a table with their one-line descriptions and defaults. */
export function describeKeys(keys: KeyTable): readonly KeyDescription[] {
  return Object.entries(keys).map(([name, schema]) => {
    const fallback: unknown = v.getDefault(schema);
    return {
      name,
      doc: v.getDescription(schema) ?? "",
      defaultText: typeof fallback === "string" ? fallback : undefined,
    };
  });
}
