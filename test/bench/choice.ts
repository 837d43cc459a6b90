import type { BenchCase } from "./cases/bench-case.ts";
import type { BenchOptions } from "./options.ts";
import type { Subject } from "./subjects/subject.ts";

/** The cases whose name or group was asked for; all when nothing was. Throws a TypeError for a name that is not there. */
export function chooseCases(cases: readonly BenchCase[], { names }: Pick<BenchOptions, "names">): BenchCase[] {
  const groups = [...new Set(cases.map(({ group }) => group))];
  const known = new Set(cases.flatMap(({ group, name }) => [group, name]));
  const unknown = names.find((name) => !known.has(name));
  if (unknown !== undefined) throw new TypeError(`there is no case ${unknown}; there are ${groups.join(", ")}`);
  return cases.filter(({ group, name }) => names.length === 0 || names.includes(group) || names.includes(name));
}

/** The subjects that were asked for; all when none was. Throws a TypeError for a name that is not there. */
export function chooseSubjects(
  all: readonly Subject[],
  { subjects }: Pick<BenchOptions, "subjects">,
): readonly Subject[] {
  const known = all.map(({ name }) => name);
  const unknown = subjects.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new TypeError(`there is no subject ${unknown}; there are ${known.join(", ")}`);
  return subjects.length === 0 ? all : all.filter(({ name }) => subjects.includes(name));
}

/** The list from another place on, so that nobody is always measured first. */
export function turned<T>(list: readonly T[], places: number): T[] {
  const start = list.length === 0 ? 0 : places % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}
