// `upload.js URL SECONDS`: sends zeros for so long, then writes the line "transfer JSON" with what the server received.
// Exit code 1 and the line "failed: WHY" when the connection breaks.
import { request } from "node:http";
import { monotonicNow } from "./transfer-meter.ts";

const PIECE = Buffer.alloc(64 << 10);
const until = monotonicNow() + Number(process.argv[3] ?? 1) * 1000;

const upload = request(process.argv[2] ?? "", { method: "POST", agent: false }, (response) => {
  let answer = "";
  response.setEncoding("utf8");
  response.on("data", (piece: string) => {
    answer += piece;
  });
  response.on("end", () => console.log(`transfer ${answer}`));
});
upload.on("socket", (socket) => socket.once("connect", () => console.log("connected")));
upload.on("error", (error) => {
  console.log(`failed: ${error.message}`);
  process.exitCode = 1;
});
upload.on("drain", pump);
pump();

function pump(): void {
  while (monotonicNow() < until) if (!upload.write(PIECE)) return;
  upload.end();
}
