import { Problems } from "../../config/config-error.ts";
import type { FilterRule } from "../../config/filters-section.ts";
import { findFault } from "../../protocol/packet/bpf-check.ts";
import { type BpfCode, type BpfInstruction, bpfCode } from "../../protocol/packet/bpf-code.ts";
import type { LinkFilter } from "../../protocol/pinning/link-filters.ts";
import { SystemError } from "../system-error.ts";
import { runCommand } from "./run-command.ts";

// tcpdump says its own name before what libpcap has to say.
const COMPLAINT_OF_TCPDUMP = /^tcpdump: (?!error while loading)(.*)$/s;

/** What became of a pcap expression: a program that may be run, or in libpcap's own words why there is none. */
export type CompiledFilter =
  | { readonly kind: "compiled"; readonly code: BpfCode }
  | { readonly kind: "refused"; readonly complaint: string };

/**
 * Compiles a pcap expression for raw IP packets by libpcap's own compiler, which runs in tcpdump: another process, for
 * it looks up host names and takes as long as that takes. It captures nothing and needs no privilege. Throws
 * SystemError when tcpdump is not installed or cannot be run.
 */
export async function compilePacketFilter(expression: string, signal?: AbortSignal): Promise<CompiledFilter> {
  // libpcap takes an empty expression for one that matches every packet.
  if (expression.trim() === "") return { kind: "refused", complaint: "the expression is empty" };
  if (expression.includes("\0")) return { kind: "refused", complaint: "the expression has a zero byte" };
  const command = { program: "tcpdump", arguments: ["-ddd", "-y", "RAW", "--", expression] };
  try {
    return checked(parseProgram(await runCommand(command, signal)));
  } catch (error) {
    const complaint = error instanceof SystemError ? COMPLAINT_OF_TCPDUMP.exec(error.hint)?.[1] : undefined;
    if (complaint === undefined) throw error;
    return { kind: "refused", complaint };
  }
}

/**
 * Compiles the lines of [filters], in their order. Throws `ConfigError` with all lines that libpcap refuses, and
 * SystemError when tcpdump cannot be run.
 */
export async function compileFilters(
  rules: readonly FilterRule[],
  signal?: AbortSignal,
): Promise<readonly LinkFilter[]> {
  const problems = new Problems();
  const filters: LinkFilter[] = [];
  for (const { link, expression, place } of rules) {
    const compiled = await compilePacketFilter(expression, signal);
    if (compiled.kind === "compiled") filters.push({ link, code: compiled.code });
    else problems.add(place, `${compiled.complaint}: expected a pcap expression, see pcap-filter(7)`);
  }
  problems.throwIfAny();
  return filters;
}

/** Reads what `tcpdump -ddd` prints: the number of instructions, then each as four decimal numbers. */
export function parseProgram(text: string): BpfCode {
  const [count = "", ...lines] = text.trimEnd().split("\n");
  const instructions = lines.map(parseInstruction).filter((instruction) => instruction !== undefined);
  if (instructions.length === 0 || instructions.length !== lines.length || instructions.length !== Number(count)) {
    throw new SystemError({ code: "EBADMSG", operation: "read the program that tcpdump -ddd printed" });
  }
  return bpfCode(instructions);
}

function parseInstruction(line: string): BpfInstruction | undefined {
  const words = line.split(" ");
  const [operation, jumpTrue, jumpFalse, operand] = words.map(Number);
  if (words.length !== 4 || !words.every((word) => /^\d{1,10}$/.test(word))) return undefined;
  if (operation === undefined || jumpTrue === undefined || jumpFalse === undefined || operand === undefined) {
    return undefined;
  }
  const isInRange = operation <= 0xffff && jumpTrue <= 0xff && jumpFalse <= 0xff && operand <= 0xffff_ffff;
  return isInRange ? [operation, jumpTrue, jumpFalse, operand] : undefined;
}

function checked(code: BpfCode): CompiledFilter {
  const fault = findFault(code);
  if (fault === undefined) return { kind: "compiled", code };
  return { kind: "refused", complaint: `it compiles to a program that cannot be run: ${fault.problem}` };
}
