import type { FigureName, Measurement } from "./measurement.ts";
import { ratioOf, summaryOf } from "./summary.ts";

/** The subject that the claims are about. */
export const CLAIMANT = "hawser-2";

/** What is claimed, and what was measured of it: undefined where that was not. */
export type Claim = {
  readonly number: string;
  readonly text: string;
  readonly wanted: string;
  readonly measured: string | undefined;
  readonly isReached: boolean | undefined;
};

type Factor = {
  readonly number: string;
  readonly caseName: string;
  readonly figure: FigureName;
  readonly unit: string;
  readonly than: Readonly<Record<string, number>>;
};

const ONE_FLOW = ["tcp-1 down", "tcp-1 up"].flatMap((caseName): Factor[] => [
  {
    number: "1",
    caseName,
    figure: "bitsPerCpuSecond",
    unit: "bits per CPU second",
    than: { "wireguard-go": 7, openvpn: 4 },
  },
  {
    number: "1",
    caseName,
    figure: "bitsPerSecond",
    unit: "bits per second",
    than: { "wireguard-go": 5, openvpn: 3 },
  },
]);
const FORWARDED = ["forwarded down", "forwarded up"].map(
  (caseName): Factor => ({
    number: "2",
    caseName,
    figure: "bitsPerSecond",
    unit: "bits per second",
    than: { "wireguard-go": 3, openvpn: 2 },
  }),
);
const SMALL_PACKETS: Factor = {
  number: "3",
  caseName: "udp-100",
  figure: "packetsPerCpuSecond",
  unit: "packets per CPU second",
  than: { "wireguard-go": 4, openvpn: 3 },
};
const IDLE_PING_MS = 0.3;
const LOADED_PING_MS = 10;

/** What Hawser is to be, with what these measurements say of it. */
export function claims(measurements: readonly Measurement[]): Claim[] {
  return [
    ...[...ONE_FLOW, ...FORWARDED, SMALL_PACKETS].flatMap((factor) => factorClaims(measurements, factor)),
    ...["forwarded down", "forwarded up"].map((caseName) => lossClaim(measurements, caseName)),
    idlePingClaim(measurements),
    loadedPingClaim(measurements),
  ].toSorted((a, b) => a.number.localeCompare(b.number));
}

function factorClaims(measurements: readonly Measurement[], factor: Factor): Claim[] {
  const { number, caseName, figure, unit, than } = factor;
  return Object.entries(than).map(([other, wanted]) => {
    const ratio = ratioOf(measurements, caseName, [CLAIMANT, other], figure);
    return {
      number,
      text: `${caseName}: ${unit} of ${CLAIMANT} to those of ${other}`,
      wanted: `at least ${wanted} ×`,
      measured: ratio === undefined ? undefined : `${ratio.toFixed(2)} ×`,
      isReached: ratio === undefined ? undefined : ratio >= wanted,
    };
  });
}

function lossClaim(measurements: readonly Measurement[], caseName: string): Claim {
  const lost = summaryOf(measurements, caseName, CLAIMANT, "lostPackets")?.median;
  return {
    number: "2",
    text: `${caseName}: packets lost inside ${CLAIMANT}`,
    wanted: "0",
    measured: lost?.toFixed(0),
    isReached: lost === undefined ? undefined : lost === 0,
  };
}

function idlePingClaim(measurements: readonly Measurement[]): Claim {
  const own = summaryOf(measurements, "ping idle", CLAIMANT, "pingMedian")?.median;
  const bare = summaryOf(measurements, "ping idle", "bare", "pingMedian")?.median;
  const added = own === undefined || bare === undefined ? undefined : own - bare;
  return {
    number: "4",
    text: `ping idle: p50 that ${CLAIMANT} adds to bare`,
    wanted: `below ${IDLE_PING_MS} ms`,
    measured: added === undefined ? undefined : `${added.toFixed(3)} ms`,
    isReached: added === undefined ? undefined : added < IDLE_PING_MS,
  };
}

function loadedPingClaim(measurements: readonly Measurement[]): Claim {
  const p99 = summaryOf(measurements, "ping loaded", CLAIMANT, "pingP99")?.median;
  return {
    number: "4",
    text: `ping loaded: p99 of ${CLAIMANT} under a saturating TCP flow`,
    wanted: `below ${LOADED_PING_MS} ms`,
    measured: p99 === undefined ? undefined : `${p99.toFixed(2)} ms`,
    isReached: p99 === undefined ? undefined : p99 < LOADED_PING_MS,
  };
}
