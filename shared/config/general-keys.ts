import { keyWithDefault, optionalKey, requiredKey } from "./key.ts";
import * as kinds from "./kinds.ts";

/** The keys that [general] has on both ends. */
export const GENERAL_KEYS = {
  mode: requiredKey(kinds.role, "Which daemon this file is for: client or server."),
  interface_name: keyWithDefault(kinds.interfaceName, "hawser0", "The name of the tunnel's network interface."),
  password: optionalKey(kinds.secret, "The secret that both ends share; `hawser genkey` makes a good one."),
  password_file: optionalKey(kinds.secretFile, "A file that holds the secret instead; from this file's directory."),
  mtu: keyWithDefault(kinds.autoOrMtu, "auto", "The tunnel's MTU; auto: the largest that no link has to fragment."),
  mrru: keyWithDefault(
    kinds.mrru,
    "65535",
    "The largest packet that this end puts together again (RFC 1990 §5.1.1).",
  ),
  scheduler: keyWithDefault(kinds.scheduler, "earliest-arrival", "How packets are spread over the links."),
  retransmit: keyWithDefault(kinds.autoOrNo, "auto", "Whether what was lost is sent again while it is of use."),
  redundancy: keyWithDefault(
    kinds.autoOrNo,
    "auto",
    "Whether real-time packets are doubled while a link hurts them.",
  ),
  cipher: keyWithDefault(kinds.cipher, "auto", "The cipher: auto takes the faster one for both processors."),
  keepalive: keyWithDefault(kinds.keepalive, "5", "How often an idle link is asked whether it is alive."),
  timeout: keyWithDefault(kinds.timeout, "auto", "For how long a link may leave questions unanswered."),
  reorder_wait: keyWithDefault(kinds.reorderWait, "1 s", "For how long a packet waits at most for one before it."),
  offload: keyWithDefault(kinds.yesNo, "yes", "Whether to use the kernel's segmentation offloads where it has them."),
  nice: keyWithDefault(kinds.nice, "-10", "The priority of the thread that moves packets, as nice(1) has it."),
  statuscommand: optionalKey(kinds.scriptPath, "A program that is called when a link or the tunnel goes up or down."),
  control_socket: optionalKey(kinds.socketPath, "The socket that `hawser status` asks; /run/hawser/INTERFACE.sock."),
  log_level: keyWithDefault(kinds.logLevel, "info", "How much is logged: trace, debug, info, warn, error or fatal."),
  log_format: keyWithDefault(kinds.logFormat, "auto", "How the log is written: json, text, or text on a terminal."),
} as const;
