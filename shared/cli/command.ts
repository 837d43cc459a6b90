/** What a subcommand is given of the process it runs in, so that it can be run and observed without one. */
export type CommandIo = {
  /** Writes text to standard output as it stands; the caller adds the line ends. */
  readonly stdout: (text: string) => void;
  /** Writes text to standard error as it stands; the caller adds the line ends. */
  readonly stderr: (text: string) => void;
  /** Aborted by SIGINT or SIGTERM: the command is to clean up and return. */
  readonly signal: AbortSignal;
};

/** What a process of ours ends with. `usage` is wrong use of the command line or a wrong configuration. */
export const EXIT_CODES = { done: 0, failed: 1, usage: 2 } as const;

/** One subcommand of `hawser`: a file each, listed in the table of `commands.ts`. */
export type Command = {
  readonly name: string;
  /** One line for the list of commands; no full stop. */
  readonly summary: string;
  /** The whole help text, its first line being `Usage: hawser NAME …`, without a line end at the end. */
  readonly usage: string;
  /**
   * Runs with the arguments after the command's name and answers the exit code. Throws `UsageError` for a wrong
   * argument, `ConfigError` for a wrong file and `SystemError` for a failed system call; `main.ts` prints them.
   */
  readonly run: (args: readonly string[], io: CommandIo) => Promise<number>;
};

/** A wrong use of the command line: printed with a hint at the command's help; exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
