import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { CAPTURE_BACKLOG_BYTES, CaptureSink } from "../../shared/observe/capture-sink.ts";
import { BLOCK_TYPES, type CaptureFrame, PcapWriter } from "../../shared/observe/pcap.ts";
import { droppedFrames, PcapBlocks } from "../../shared/observe/pcap-blocks.ts";

const run = promisify(execFile);

const TIME_MS = Date.UTC(2026, 10, 21, 10, 11, 12) + 345.678;
const HOME = [10, 44, 43, 2];
const WEB = [192, 0, 2, 80];
const BEGIN = 0x80;
const END = 0x40;
const PPP_IP = 0x21;

const tshark = await run("tshark", ["--version"]).then(
  () => undefined,
  () => "needs tshark (apt-get install tshark)",
);

describe("A capture read by tshark", { skip: tshark ?? false }, () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "hawser-pcap-"));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  it("shows PPP, MP with B, E, class and sequence number, and the IP packet cut over two links (RFC 1990 §3)", async () => {
    const packet = ipPacket(HOME, WEB, 300);
    const [head, tail] = cut(packet, 120);
    const file = await save([
      frame("dsl1", "sent", multilink(BEGIN, 3, 0xfffffe, head)),
      frame("lte", "sent", multilink(END, 3, 0xffffff, tail)),
    ]);

    const rows = await fields(file, ["mp.first", "mp.last", "mp.sequence_num_cls", "mp.seq", "ip.src", "ip.len"]);
    const { stdout } = await run("tshark", ["-r", file, "-V"]);

    assert.deepEqual(rows, [
      ["1", "0", "3", "16777214", "", ""],
      ["0", "1", "3", "16777215", "10.44.43.2", "300"],
    ]);
    assert.match(stdout, /Point-to-Point Protocol/);
    assert.match(stdout, /PPP Multilink Protocol/);
    assert.match(stdout, /1\.\.\. \.\.\.\. = First fragment: Yes/);
    assert.match(stdout, /\.1\.\. \.\.\.\. = Last fragment: Yes/);
    assert.match(stdout, /Message fragments \(301 bytes\): #1\(121\), #2\(180\)/i);
    assert.match(stdout, /Internet Protocol Version 4, Src: 10\.44\.43\.2, Dst: 192\.0\.2\.80/);
    assert.doesNotMatch(stdout, /malformed/i);
  });

  it("names the link and the direction of each frame, to the microsecond", async () => {
    const file = await save([
      frame("dsl1", "sent", multilink(BEGIN | END, 0, 0, ipPacket(HOME, WEB, 60), PPP_IP)),
      frame("lte", "received", multilink(BEGIN | END, 0, 0, ipPacket(WEB, HOME, 60), PPP_IP), "alice"),
    ]);

    const rows = await fields(file, [
      "frame.interface_name",
      "frame.packet_flags_direction",
      "sll.pkttype",
      "frame.time_epoch",
    ]);

    assert.deepEqual(rows, [
      ["dsl1", "0x00000002", "4", "1795255872.345678000"],
      ["alice/lte", "0x00000001", "0", "1795255872.345678000"],
    ]);
  });

  it("keeps apart the fragments of the two directions and of two bundles with the same sequence numbers", async () => {
    const flows = [
      { bundle: "alice", direction: "sent", packet: ipPacket(WEB, [10, 44, 43, 2], 200) },
      { bundle: "alice", direction: "received", packet: ipPacket([10, 44, 43, 2], WEB, 300) },
      { bundle: "bob", direction: "sent", packet: ipPacket(WEB, [10, 44, 43, 3], 400) },
      { bundle: "bob", direction: "received", packet: ipPacket([10, 44, 43, 3], WEB, 500) },
    ] as const;
    const halves = [BEGIN, END].flatMap((bit, index) =>
      flows.map(({ bundle, direction, packet }) => {
        const part = cut(packet, 100)[index] ?? new Uint8Array(0);
        return frame(`dsl${index}`, direction, multilink(bit, 0, 7 + index, part), bundle);
      }),
    );
    const file = await save(halves);

    const rows = await fields(file, ["ip.src", "ip.dst", "ip.len"]);

    assert.deepEqual(rows.slice(4), [
      ["192.0.2.80", "10.44.43.2", "200"],
      ["10.44.43.2", "192.0.2.80", "300"],
      ["192.0.2.80", "10.44.43.3", "400"],
      ["10.44.43.3", "192.0.2.80", "500"],
    ]);
  });

  it("shows LCP Echo, link quality, IPv6 and null fragments", async () => {
    const file = await save([
      frame("dsl1", "sent", Uint8Array.of(0xc0, 0x21, 9, 1, 0, 8, 1, 2, 3, 4)),
      frame("dsl1", "received", Uint8Array.of(0xc0, 0x25, 1, 2, 3, 4)),
      frame("dsl1", "sent", multilink(BEGIN | END, 0, 1, ipv6Packet(), 0x57)),
      frame("dsl1", "sent", multilink(BEGIN | END, 0, 2, new Uint8Array(0))),
    ]);

    const rows = await fields(file, ["frame.protocols", "ppp.protocol"]);

    assert.deepEqual(rows, [
      ["sll:ppp:lcp", "0xc021"],
      ["sll:ppp:data", "0xc025"],
      ["sll:ppp:mp:ipv6:data", "0x003d,0x0057"],
      ["sll:ppp:mp", "0x003d"],
    ]);
  });

  async function save(frames: readonly CaptureFrame[]): Promise<string> {
    const file = join(folder, "frames.pcapng");
    const writer = new PcapWriter();
    const pieces = [writer.header(), ...frames.map((one) => writer.frame(one)), writer.statistics(TIME_MS)];
    await writeFile(file, Buffer.concat(pieces));
    return file;
  }
});

describe("A capture's blocks", () => {
  it("come out whole however the stream is cut", () => {
    const writer = new PcapWriter();
    const one = frame("dsl1", "sent", multilink(BEGIN | END, 0, 1, ipPacket(HOME, WEB, 61)));
    const whole = Buffer.concat([writer.header(), writer.frame(one), writer.frame(one), writer.statistics(TIME_MS)]);

    for (let size = 1; size <= whole.length; size += 7) {
      const blocks = new PcapBlocks();
      const found = [];
      for (let start = 0; start < whole.length; start += size) {
        found.push(...blocks.push(whole.subarray(start, start + size)));
      }
      const { sectionHeader, interface: description, packet, statistics } = BLOCK_TYPES;
      assert.deepEqual(
        found.map(({ type }) => type),
        [sectionHeader, description, packet, packet, statistics],
      );
      assert.deepEqual(Buffer.concat(found.map(({ bytes }) => bytes)), whole);
    }
  });

  it("are refused when they are none", () => {
    assert.throws(() => new PcapBlocks().push(Buffer.from('{"error":"no such thing"}')), /not a pcapng block/);
  });
});

describe("A capture sink", () => {
  it("drops what a slow reader has no room for, counts it, and goes on when there is room", () => {
    const output = slowOutput();
    const sink = new CaptureSink(output, {});
    const big = frame("dsl1", "sent", new Uint8Array(60_000));

    for (let count = 0; count < 200; count++) sink.write(big);
    const backlog = output.writableLength;
    output.writableLength = 0;
    sink.write(big);
    sink.end(TIME_MS);

    const blocks = output.blocks();
    const packets = blocks.filter(({ type }) => type === BLOCK_TYPES.packet).length;
    const dropped = blocks.reduce((sum, block) => sum + droppedFrames(block), 0);
    assert.ok(backlog <= CAPTURE_BACKLOG_BYTES + 1000, `${backlog} bytes held back`);
    assert.ok(dropped > 0);
    assert.equal(packets + dropped, 201);
    assert.equal(output.hasEnded, true);
  });

  it("takes only what its reader asked for", () => {
    const output = slowOutput();
    const sink = new CaptureSink(output, { bundle: "alice", link: "dsl1", direction: "sent" });

    for (const bundle of ["alice", "bob"]) {
      for (const link of ["dsl1", "lte"]) {
        for (const direction of ["sent", "received"] as const)
          sink.write(frame(link, direction, new Uint8Array(5), bundle));
      }
    }

    assert.equal(output.blocks().filter(({ type }) => type === BLOCK_TYPES.packet).length, 1);
  });

  it("ends after as many frames as its reader asked for", () => {
    const output = slowOutput();
    const sink = new CaptureSink(output, { count: 3 });

    for (let count = 0; count < 10; count++) sink.write(frame("dsl1", "sent", new Uint8Array(5)));

    assert.equal(output.blocks().filter(({ type }) => type === BLOCK_TYPES.packet).length, 3);
    assert.equal(output.hasEnded, true);
  });

  it("copies a frame before it returns, so that its memory can be used again", () => {
    const output = slowOutput();
    const sink = new CaptureSink(output, {});
    const memory = new Uint8Array(new SharedArrayBuffer(8)).fill(0xaa);

    sink.write(frame("dsl1", "sent", memory));
    memory.fill(0xbb);

    const written = Buffer.concat(output.pieces);
    assert.ok(written.includes(Buffer.alloc(8, 0xaa)) && !written.includes(0xbb));
  });
});

function frame(
  linkName: string,
  direction: CaptureFrame["direction"],
  bytes: Uint8Array,
  bundleName?: string,
): CaptureFrame {
  return { timeMs: TIME_MS, linkName, direction, bytes, ...(bundleName === undefined ? {} : { bundleName }) };
}

/** An MP frame with the long header and classes (RFC 2686 §4). B fragments start with the inner protocol. */
function multilink(bits: number, fragmentClass: number, sequence: number, payload: Uint8Array, protocol?: number) {
  const head = [0x3d, bits | (fragmentClass << 2), sequence >> 16, (sequence >> 8) & 0xff, sequence & 0xff];
  return Buffer.concat([Uint8Array.from(protocol === undefined ? head : [...head, protocol]), payload]);
}

/** The inner PPP frame of a packet, in two pieces. */
function cut(packet: Uint8Array, at: number): [Uint8Array, Uint8Array] {
  const inner = Buffer.concat([Uint8Array.of(PPP_IP), packet]);
  return [inner.subarray(0, at + 1), inner.subarray(at + 1)];
}

/** An IPv4 packet of an unassigned protocol. */
function ipPacket(source: readonly number[], destination: readonly number[], length: number): Uint8Array {
  const packet = Buffer.alloc(length, "hawser ");
  packet.set([0x45, 0, length >> 8, length & 0xff, 0, 1, 0, 0, 64, 253, 0, 0, ...source, ...destination]);
  return packet;
}

function ipv6Packet(): Uint8Array {
  const packet = Buffer.alloc(48);
  packet.set([0x60, 0, 0, 0, 0, 8, 253, 64]);
  return packet;
}

async function fields(file: string, names: readonly string[]): Promise<string[][]> {
  const { stdout } = await run("tshark", ["-r", file, "-T", "fields", ...names.flatMap((name) => ["-e", name])]);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => line.split("\t"));
}

/** A reader that takes nothing: all that is written is held back. */
function slowOutput() {
  const pieces: Uint8Array[] = [];
  return {
    pieces,
    writableLength: 0,
    hasEnded: false,
    write(bytes: Uint8Array) {
      pieces.push(bytes);
      this.writableLength += bytes.length;
    },
    end() {
      this.hasEnded = true;
    },
    blocks: () => new PcapBlocks().push(Buffer.concat(pieces)),
  };
}
