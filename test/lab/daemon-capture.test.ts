import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { bytes } from "../../shared/protocol/units.ts";
import { startBondedHome } from "./toolkit/bonded-home.ts";
import { evenLine, type HomeNetwork, WEB_ADDRESS } from "./toolkit/home-network.ts";
import type { Lab } from "./toolkit/lab.ts";
import { missingForLab } from "./toolkit/requirements.ts";
import { runCommand } from "./toolkit/run-command.ts";
import { finished, startDownload } from "./toolkit/transfers.ts";
import type { Tunnel } from "./toolkit/tunnel.ts";

const TUNNEL_MTU = 1500;
const LINES = [evenLine("dsl", 10, 5), evenLine("lte", 10, 5)].map((line) => ({ ...line, mtu: bytes(1400) }));
const PINGS = 4;
const FIELDS = [
  "frame.protocols",
  "frame.interface_name",
  "frame.packet_flags_direction",
  "mp.first",
  "mp.last",
  "mp.sequence_num_cls",
  "mp.seq",
  "ip.src",
  "ip.len",
  "icmp.type",
  "tcp.srcport",
] as const;

type Frame = Readonly<Record<(typeof FIELDS)[number], string>>;

// Packets of 1500 bytes do not fit into lines of 1400, so each is cut in two.
describe("A capture of a live tunnel over two links", { skip: missingForLab(["tshark"]), timeout: 120_000 }, () => {
  let lab: Lab;
  let network: HomeNetwork;
  let tunnel: Tunnel;
  let file: string;
  let frames: readonly Frame[];

  before(async () => {
    // By weight, the two fragments of a lone packet take different links too.
    const general = { mtu: TUNNEL_MTU, scheduler: "weighted" };
    ({ lab, network, tunnel } = await startBondedHome(LINES, { client: general, server: general }));
    file = join(lab.directory, "tunnel.pcapng");
    const capture = lab.startProgram(network.router, "shared/cli/main.js", [
      "capture",
      tunnel.client.socket,
      "-w",
      file,
    ]);
    await network.home.run("sh", "-c", `until test -s ${file}; do :; done`);
    await network.home.run("ping", "-q", "-c", `${PINGS}`, "-i", "0.2", "-M", "do", "-s", "1472", WEB_ADDRESS);
    await finished(startDownload(lab, network.home, 2), 2);
    capture.signal("SIGINT");
    assert.match(await capture.success(10_000), /^[\d,]+ frames captured, 0 dropped$/);
    frames = await read(file);
  });

  after(async () => {
    await lab.close();
  });

  it("is PPP with MP throughout, and nothing in it is malformed", async () => {
    const data = frames.filter((frame) => frame["mp.seq"] !== "");

    assert.ok(data.length > 100, `${data.length} fragments`);
    assert.ok(data.every((frame) => frame["frame.protocols"].startsWith("sll:ppp:mp")));
    assert.equal(await runCommand("tshark", ["-r", file, "--disable-protocol", "http", "-Y", "_ws.malformed"]), "");
  });

  it("has frames of both links in both directions", () => {
    const kinds = new Set(frames.map((frame) => `${linkOf(frame)} ${frame["frame.packet_flags_direction"]}`));

    assert.equal(kinds.size, 4, [...kinds].join());
  });

  it("shows a packet cut over the two links: B, E, consecutive sequence numbers, and the whole IP packet", () => {
    // tshark shows the whole packet at the fragment that came last, which may be either.
    const whole = frames.filter((frame) => frame["icmp.type"] === "8" && frame["ip.len"] === `${TUNNEL_MTU}`);

    assert.equal(whole.length, PINGS);
    const cuts = whole.map((frame) => {
      const isEnd = frame["mp.last"] === "1";
      const other = frames.find((candidate) => isInStep(candidate, frame, isEnd ? -1 : 1));
      assert.deepEqual([frame["mp.first"], frame["mp.last"]], isEnd ? ["0", "1"] : ["1", "0"]);
      assert.deepEqual([other?.["mp.first"], other?.["mp.last"]], isEnd ? ["1", "0"] : ["0", "1"]);
      return other !== undefined && linkOf(other) !== linkOf(frame);
    });
    assert.ok(cuts.includes(true), "no packet went over two links");
  });

  it("puts the TCP segments of a download together, whichever way their fragments came", () => {
    const segments = frames.filter((frame) => frame["tcp.srcport"] === "80" && frame["ip.len"] === `${TUNNEL_MTU}`);

    assert.ok(segments.length > 100, `${segments.length} segments`);
    assert.equal(new Set(segments.map(linkOf)).size, LINES.length);
  });
});

function isInStep(candidate: Frame, frame: Frame, step: number): boolean {
  // A null fragment, with B and E, has the number of the fragment that follows it.
  const isPart = candidate["mp.first"] !== candidate["mp.last"];
  return (
    isPart &&
    candidate["mp.sequence_num_cls"] === frame["mp.sequence_num_cls"] &&
    candidate["frame.packet_flags_direction"] === frame["frame.packet_flags_direction"] &&
    Number(candidate["mp.seq"]) === Number(frame["mp.seq"]) + step
  );
}

const linkOf = (frame: Frame): string => frame["frame.interface_name"];

async function read(file: string): Promise<Frame[]> {
  const args = ["-r", file, "-T", "fields", "-E", "occurrence=f", ...FIELDS.flatMap((field) => ["-e", field])];
  const lines = (await runCommand("tshark", args)).trimEnd().split("\n");
  return lines.map((line) => {
    const cells = line.split("\t");
    const entry = (field: (typeof FIELDS)[number]): string => cells[FIELDS.indexOf(field)] ?? "";
    return {
      "frame.protocols": entry("frame.protocols"),
      "frame.interface_name": entry("frame.interface_name"),
      "frame.packet_flags_direction": entry("frame.packet_flags_direction"),
      "mp.first": entry("mp.first"),
      "mp.last": entry("mp.last"),
      "mp.sequence_num_cls": entry("mp.sequence_num_cls"),
      "mp.seq": entry("mp.seq"),
      "ip.src": entry("ip.src"),
      "ip.len": entry("ip.len"),
      "icmp.type": entry("icmp.type"),
      "tcp.srcport": entry("tcp.srcport"),
    };
  });
}
