/**
 * Stops a daemon that is started again at once, as `RestartKillSignal` of systemd does: its nftables table stays for its
 * successor. Without it the host itself would answer what still arrives for clients with a reset of their connections.
 */
export const RESTART_SIGNAL = "SIGUSR2";

const RESTART = "restart";

/** Why a daemon stops, for the `abort` of its signal. */
export function stopReason(signalName: string): Error {
  return new Error(`stopped by ${signalName}`, signalName === RESTART_SIGNAL ? { cause: RESTART } : {});
}

/** Whether a daemon was told to stop for a new start. */
export function isRestarting(signal: AbortSignal): boolean {
  const reason: unknown = signal.reason;
  return reason instanceof Error && reason.cause === RESTART;
}
