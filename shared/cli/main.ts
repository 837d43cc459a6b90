#!/usr/bin/env node
import { RESTART_SIGNAL, stopReason } from "../runtime/stop-reason.ts";
import type { CommandIo } from "./command.ts";
import { runCommandLine } from "./run-command-line.ts";

let stopping: AbortController | undefined;

const io: CommandIo = {
  stdout: (text) => {
    process.stdout.write(text);
  },
  stderr: (text) => {
    process.stderr.write(text);
  },
  // A command that does not ask for the signal is simply ended by it.
  get signal() {
    stopping ??= listenForStop();
    return stopping.signal;
  },
};

// `hawser help | head -1` is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit();
  throw error;
});

const exitCode = await runCommandLine(process.argv.slice(2), io);
process.stdout.write("", () => process.exit(exitCode));

function listenForStop(): AbortController {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", RESTART_SIGNAL] as const) {
    process.on(name, () => controller.abort(stopReason(name)));
  }
  return controller;
}
