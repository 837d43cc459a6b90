/** What a failed call to the operating system tells: the code, what was tried, and what the operator can do. */
export type SystemFailure = {
  /** An errno name such as "EPERM", or for a tool that ran and failed "EXIT". */
  readonly code: string;
  /** What was tried, as an operator would say it: "open /dev/net/tun". */
  readonly operation: string;
  /** What to do about it; empty when nothing can be said. */
  readonly hint?: string;
  readonly cause?: unknown;
};

/** A system call, or a tool standing for one, that failed: not the operator's mistake and not a bug. */
export class SystemError extends Error {
  readonly code: string;
  readonly operation: string;
  readonly hint: string;

  constructor(failure: SystemFailure) {
    const { code, operation, hint = "", cause } = failure;
    super(hint === "" ? `${operation}: ${code}` : `${operation}: ${code}: ${hint}`, { cause });
    this.name = "SystemError";
    this.code = code;
    this.operation = operation;
    this.hint = hint;
  }
}
