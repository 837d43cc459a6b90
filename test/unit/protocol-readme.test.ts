import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, it } from "node:test";
import { runInNewContext } from "node:vm";
import { DROP_REASONS } from "../../shared/protocol/drop-reason.ts";
import { type LinkEvent, type LinkState, transition } from "../../shared/protocol/link/link-state.ts";
import { bytes, milliseconds, seconds } from "../../shared/protocol/units.ts";
import { DATAGRAM_OVERHEAD, outerHeaderSize } from "../../shared/protocol/wire/datagram-header.ts";
import { FRAME_OVERHEAD } from "../../shared/protocol/wire/frame-header.ts";
import { ROOT } from "../support/checkout.ts";

const FOLDER = "shared/protocol";
const NOW = seconds(1);
const EVENTS: readonly LinkEvent[] = [
  { kind: "uplink available", detail: "eth1" },
  { kind: "uplink lost", reason: "unplugged" },
  { kind: "session agreed" },
  { kind: "answer" },
  { kind: "silence", silentFor: milliseconds(400) },
  { kind: "keys expired" },
  { kind: "refused", text: "the server is full" },
  { kind: "peer restarted" },
  { kind: "closed by peer" },
];
const STATES: Readonly<Record<string, LinkState>> = {
  down: { kind: "down", reason: "not started", since: milliseconds(0) },
  probing: { kind: "probing", reason: "asking", since: milliseconds(0), isClosedByPeer: false },
  up: { kind: "up", reason: "the peer answers", since: milliseconds(0) },
};

const chapter = readFileSync(join(ROOT, FOLDER, "README.md"), "utf8");

describe("The table of timers and constants", () => {
  const rows = table("## Timers and constants");

  it("has many rows", () => {
    assert.ok(rows.length > 60);
  });

  for (const [what = "", value = "", constant = "", file = ""] of rows) {
    it(`has the value of the code: ${what} (${constant})`, () => {
      const source = readFileSync(pathOf(inCode(file)), "utf8");
      const name = inCode(constant);

      if (/^[A-Z0-9_]+$/.test(name)) assert.deepEqual(numbersOf(constantsOf(source)[name]), numbersIn(value));
      else assert.ok(source.includes(name), `${file} has no ${name}`);
    });
  }
});

describe("The table of a link's states", () => {
  const rows = table("### States");

  it("has every event", () => {
    assert.deepEqual(
      rows.map(([event]) => event),
      EVENTS.map(({ kind }) => kind),
    );
  });

  for (const [row, event] of EVENTS.entries()) {
    for (const [column, before] of Object.values(STATES).entries()) {
      it(`says what becomes of a link that is ${before.kind} at "${event.kind}"`, () => {
        const after = transition(before, event, NOW);

        assert.equal(rows[row]?.[column + 1], after === before ? "–" : describeState(after));
      });
    }
  }
});

describe("The table from RFC to file", () => {
  const rows = table("## Where it is");
  const files = rows.flatMap(([, , names = ""]) => [...names.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name));

  for (const file of new Set(files)) {
    it(`names a file that exists: ${file}`, () => {
      assert.ok(existsSync(pathOf(file)));
    });
  }

  it("has every RFC that the code cites", () => {
    const named = new Set(rows.flatMap(([source = ""]) => citations(source)));
    const missing = sources(join(ROOT, FOLDER)).flatMap((path) =>
      citations(readFileSync(path, "utf8"))
        .filter((rfc) => !named.has(rfc))
        .map((rfc) => `RFC ${rfc} is cited in ${relative(ROOT, path)}, and not in ${FOLDER}/README.md`),
    );

    assert.deepEqual([...new Set(missing)], []);
  });
});

describe("The description of the protocol", () => {
  it("has the overhead of the code", () => {
    const [ip4, ip6] = [4, 6].map((family) => outerHeaderSize(family) + DATAGRAM_OVERHEAD + FRAME_OVERHEAD);
    const row = table("## MTU arithmetic").find(([what]) => what?.includes("grows by"));

    assert.deepEqual(row?.slice(1), [`**${ip4}**`, `**${ip6}**`]);
  });

  it("adds up in its table of MTUs", () => {
    const largest = table("## MTU arithmetic").filter(([what]) => /largest inner packet|the same/.test(what ?? ""));

    assert.equal(largest.length, 3);
    for (const [what = "", ip4, ip6] of largest) {
      const line = Number(/lines of (\d+)/.exec(what)?.[1]);
      assert.deepEqual([Number(ip4), Number(ip6)], [line - 58, line - 78]);
    }
  });

  it("says when each reason to drop counts", () => {
    const missing = DROP_REASONS.filter((reason) => !chapter.includes(`\`${reason}\``));

    assert.deepEqual(missing, []);
  });

  for (const link of new Set([...chapter.matchAll(/\]\(([^)]+)\)/g)].map(([, target = ""]) => target))) {
    it(`links to what exists: ${link}`, () => {
      const [file = "", heading] = link.split("#");
      const path = file === "" ? join(ROOT, FOLDER, "README.md") : join(ROOT, FOLDER, file);

      assert.ok(existsSync(path));
      if (heading !== undefined) assert.ok(anchorsIn(readFileSync(path, "utf8")).includes(heading));
    });
  }
});

/** The cells of the table rows that come first under a heading, without the table's own head. */
function table(heading: string): string[][] {
  const section = chapter.split(`\n${heading}\n`)[1]?.split(/\n#+ /)[0];
  assert.ok(section !== undefined, `no heading ${heading}`);
  const rows = /(?:^\|.*\n)+/m.exec(section)?.[0].trimEnd().split("\n") ?? [];
  return rows.slice(2).map((row) =>
    row
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim()),
  );
}

/** The numbers that a table's cell starts with, in ms and bytes: "1 s", "20 %", "4 MiB", "1/8", "2^24", "1,250,000". */
function numbersIn(value: string): number[] {
  const units: Readonly<Record<string, number>> = { s: 1000, "%": 0.01, KiB: 1024, MiB: 1024 ** 2 };
  return value.split(", ").map((part) => {
    const [, number = "", unit = ""] = /^([\d.,/^]+) ?(\S*)/.exec(part) ?? [];
    return Number(calculated(number.replaceAll(",", "").replace("^", "**"), {})) * (units[unit] ?? 1);
  });
}

/** The constants that a source file defines by arithmetic alone. */
function constantsOf(source: string): Record<string, unknown> {
  const known: Record<string, unknown> = { bytes, milliseconds, seconds };
  for (const [, name = "", expression = ""] of source.matchAll(/^(?:export )?const ([A-Z0-9_]+) = (.+);$/gm)) {
    known[name] = calculated(expression, known);
  }
  return known;
}

function calculated(expression: string, known: Readonly<Record<string, unknown>>): unknown {
  try {
    return runInNewContext(expression, { ...known });
  } catch {
    // It is made of what other files define.
    return undefined;
  }
}

function numbersOf(value: unknown): number[] {
  return String(value).split(",").map(Number);
}

function describeState(state: LinkState): string {
  return state.kind === "probing" && state.isClosedByPeer ? "probing, closed" : state.kind;
}

function citations(text: string): string[] {
  return [...text.matchAll(/RFC (\d+)/g)].map(([, number = ""]) => number);
}

function inCode(cell: string): string {
  return cell.replaceAll("`", "");
}

// Paths are those of this folder, or of the checkout.
function pathOf(file: string): string {
  const own = join(ROOT, FOLDER, file);
  return existsSync(own) ? own : join(ROOT, file);
}

function sources(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(".ts")).map((name) => join(folder, name));
}

// As GitHub makes them of headings.
function anchorsIn(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}
