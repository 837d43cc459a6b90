import type { MemberLink } from "./member-link.ts";

/**
 * How willingly a link is given traffic. Only links of the least standing that any has are chosen from: others are for
 * when there is none of it. What went silent comes last, whatever its use.
 */
export const STANDING = { used: 0, stalled: 1, reserved: 2, benched: 3, silent: 4, none: 9 } as const;

/** The standing of a link; `none` when it cannot send. */
export function standingOf(link: MemberLink): number {
  if (!link.isUp || link.association === undefined) return STANDING.none;
  const silence = link.isSilent ? STANDING.silent : 0;
  if (link.use.kind === "used") return silence;
  return silence + (link.use.kind === "reserved" ? STANDING.reserved : STANDING.benched);
}

/** The least standing of some links. */
export function leastStanding(links: readonly MemberLink[]): number {
  let least: number = STANDING.none;
  for (const link of links) least = Math.min(least, standingOf(link));
  return least;
}

/** Those links that bulk may be spread over: all of the least standing. */
export function linksOfLeastStanding(links: readonly MemberLink[]): MemberLink[] {
  const least = leastStanding(links);
  return least === STANDING.none ? [] : links.filter((link) => standingOf(link) === least);
}
