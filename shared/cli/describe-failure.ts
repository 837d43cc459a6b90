import { ConfigError } from "../config/config-error.ts";
import { SystemError } from "../runtime/system-error.ts";
import { EXIT_CODES, UsageError } from "./command.ts";

/** How the operator is told of a failure: lines without the program's name, and what the process ends with. */
export type FailureReport = { readonly lines: readonly string[]; readonly exitCode: number };

/** Says in words what failed in a command, or before one was found. A stack is only shown when it is asked for. */
export function describeFailure(error: unknown, command: string | undefined, withStack: boolean): FailureReport {
  const { lines, exitCode } = describe(error, command);
  if (!withStack || !(error instanceof Error) || error.stack === undefined) return { lines, exitCode };
  return { lines: [...lines, ...error.stack.split("\n")], exitCode };
}

function describe(error: unknown, command: string | undefined): FailureReport {
  if (error instanceof ConfigError) return { lines: error.problems, exitCode: EXIT_CODES.usage };
  if (error instanceof UsageError) {
    const separator = error.message.endsWith("?") ? "" : ":";
    const page = command === undefined ? "hawser help" : `hawser help ${command}`;
    return { lines: [`${error.message}${separator} see "${page}"`], exitCode: EXIT_CODES.usage };
  }
  if (error instanceof SystemError) {
    const { operation, code, hint } = error;
    return { lines: [[operation, code, hint].filter((part) => part !== "").join(": ")], exitCode: EXIT_CODES.failed };
  }
  const message = error instanceof Error ? error.message : String(error);
  const advice = "this should not happen; HAWSER_DEBUG=1 shows where it did";
  return { lines: [`${message}: ${advice}`], exitCode: EXIT_CODES.failed };
}
