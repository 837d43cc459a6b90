/** The errno name of a failed call of Node's, such as "EPERM"; "UNKNOWN" for anything else. */
export function errnoName(error: unknown): string {
  const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "UNKNOWN";
}
