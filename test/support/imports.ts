/** A TypeScript file: its path from the checkout, its text, and what it imports (a project's file or a package). */
export type Module = {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly { readonly specifier: string; readonly target: string }[];
};

/** The specifiers of a file's imports: static, dynamic, of types, for effects only, and of exports from elsewhere. */
export function importsOf(text: string): string[] {
  const code = withoutComments(text);
  const statements = /^\s*(?:import|export)\b(?:[^;"'`]*?\bfrom)?\s*["']([^"']+)["']/gm;
  const dynamic = /\b(?:import|require)\s*\(\s*["']([^"']+)["']/g;
  return [...code.matchAll(statements), ...code.matchAll(dynamic)].flatMap(([, specifier]) => specifier ?? []);
}

/** The text with its comments blanked, lines kept; strings and templates are left as they are. */
export function withoutComments(text: string): string {
  const tokens = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\[\s\S]|[^`\\])*`/g;
  return text.replace(tokens, (token) => (token.startsWith("/") ? token.replace(/[^\n]/g, " ") : token));
}
