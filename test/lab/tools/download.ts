// `download.js URL`: fetches it, writes a line "second N: BYTES" as each second passes, and at the end the line
// "transfer JSON" (a Transfer). Exit code 1 and the line "failed: WHY" when the connection breaks.
import { get } from "node:http";
import { TransferMeter } from "./transfer-meter.ts";

const request = get(process.argv[2] ?? "", { agent: false }, (response) => {
  const meter = new TransferMeter();
  let inSecond = 0;
  let second = 0;
  console.log("connected");
  const ticker = setInterval(() => {
    console.log(`second ${second++}: ${inSecond}`);
    inSecond = 0;
  }, 1000);
  response.on("data", (piece: Buffer) => {
    meter.add(piece.length);
    inSecond += piece.length;
  });
  response.on("close", () => {
    clearInterval(ticker);
    console.log(`transfer ${JSON.stringify(meter.end())}`);
    if (!response.complete) fail("the connection broke");
  });
  response.on("error", () => undefined);
});
request.on("error", (error) => fail(error.message));

function fail(why: string): void {
  console.log(`failed: ${why}`);
  process.exitCode = 1;
}
