// The internet host's web server: `web-server.js PORT`, on every address, IPv4 and IPv6.
//   GET  /address             the address that the request came from, as the internet sees it
//   GET  /download?seconds=S  zeros for S seconds, then the end
//   GET  /download?bytes=N    N zeros
//   POST /upload              takes everything and answers a Transfer as JSON
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { monotonicNow, TransferMeter } from "./transfer-meter.ts";

const PIECE = Buffer.alloc(64 << 10);

const server = createServer((request, response) => {
  const url = new URL(request.url ?? "/", "http://server");
  if (url.pathname === "/address") response.end(`${request.socket.remoteAddress?.replace(/^::ffff:/, "")}\n`);
  else if (url.pathname === "/download") sendZeros(response, url.searchParams);
  else if (url.pathname === "/upload") takeUpload(request, response);
  else response.writeHead(404).end();
});
server.listen(Number(process.argv[2] ?? 80), "::", () => console.log("ready"));

function sendZeros(response: ServerResponse, wanted: URLSearchParams): void {
  const until = monotonicNow() + Number(wanted.get("seconds") ?? Number.POSITIVE_INFINITY) * 1000;
  let left = Number(wanted.get("bytes") ?? Number.POSITIVE_INFINITY);
  const pump = (): void => {
    while (left > 0 && monotonicNow() < until) {
      const piece = left < PIECE.length ? PIECE.subarray(0, left) : PIECE;
      left -= piece.length;
      if (!response.write(piece)) return;
    }
    response.end();
  };
  response.on("drain", pump);
  pump();
}

function takeUpload(request: IncomingMessage, response: ServerResponse): void {
  const meter = new TransferMeter();
  request.on("data", (piece: Buffer) => meter.add(piece.length));
  request.on("end", () => response.end(JSON.stringify(meter.end())));
}
