import { fstatSync } from "node:fs";
import { generateSecretText } from "../runtime/secret-key.ts";
import { type Command, type CommandIo, EXIT_CODES } from "./command.ts";
import { readOptions, refusePositionals } from "./options.ts";

const STANDARD_OUTPUT = 1;
const READABLE_BY_OTHERS = 0o044;

/** `hawser genkey`: a new secret for both ends. */
export const GENKEY: Command = {
  name: "genkey",
  summary: "print a new secret for the password of both ends",
  usage: `Usage: hawser genkey

Prints 32 random bytes in base64: the value of \`password\` in the files of the
client and the server. Each client should have its own.

Options:
  --help    show this help`,
  run: async (args, io) => {
    refusePositionals(readOptions(args, {}).positionals, "genkey takes none");
    warnOfReadableFile(io);
    io.stdout(`${generateSecretText()}\n`);
    return EXIT_CODES.done;
  },
};

function warnOfReadableFile(io: CommandIo): void {
  const output = fstatSync(STANDARD_OUTPUT);
  if (!output.isFile() || (output.mode & READABLE_BY_OTHERS) === 0) return;
  io.stderr("hawser: warning: this key goes into a file that others may read: run chmod 600 on it\n");
}
