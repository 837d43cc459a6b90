import { createHash, randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer, type Socket as Stream } from "node:net";

// One end of a transfer, in a process of its own: `server`, or `client ADDRESS`. Says by IPC what it has sent and got.

const TCP_BYTES = 24 * 1024 * 1024;
const CHUNK = 256 * 1024;
const DATAGRAMS = 6400;
const DATAGRAM_BYTES = 1200;
const WINDOW = 64;
const PORT = 5000;
const REPLY_DEADLINE_MS = 5000;

/** Hashes of the bytes that one end sent and received. */
export type TransferReport = { readonly sent: string; readonly received: string };

const [role, address = "::1"] = process.argv.slice(2);
if (role === "server") await serve();
if (role === "client") await transfer(address);

async function serve(): Promise<void> {
  const server = createServer({ allowHalfOpen: true }, (stream) => void exchange(stream).then(report));
  server.listen(PORT, "::");
  await once(server, "listening");
  const echo = createSocket("udp6");
  echo.on("message", (message, remote) => echo.send(message, remote.port, remote.address));
  echo.bind(PORT, "::");
  await once(echo, "listening");
  process.on("disconnect", () => process.exit());
  process.send?.("ready");
}

async function transfer(server: string): Promise<void> {
  const stream = connect({ host: server, port: PORT, allowHalfOpen: true });
  await once(stream, "connect");
  report(await exchange(stream));
  const socket = createSocket(server.includes(":") ? "udp6" : "udp4");
  socket.connect(PORT, server);
  await once(socket, "connect");
  report(await echoDatagrams(socket));
  socket.close();
  process.disconnect();
}

/** Sends and receives at once until both ends are done. */
async function exchange(stream: Stream): Promise<TransferReport> {
  const sent = createHash("sha256");
  const received = createHash("sha256");
  stream.on("data", (chunk) => received.update(chunk));
  const ended = once(stream, "end");
  for (let left = TCP_BYTES; left > 0; left -= CHUNK) {
    const chunk = randomBytes(CHUNK);
    sent.update(chunk);
    if (!stream.write(chunk)) await once(stream, "drain");
  }
  stream.end();
  await ended;
  return { sent: sent.digest("hex"), received: received.digest("hex") };
}

/** Sends a window of datagrams, waits until all of them came back, and so on. */
async function echoDatagrams(socket: Socket): Promise<TransferReport> {
  const sent = createHash("sha256");
  const received = createHash("sha256");
  for (let count = 0; count < DATAGRAMS; count += WINDOW) {
    const replies = collect(socket, WINDOW);
    for (let index = 0; index < WINDOW; index++) {
      const datagram = randomBytes(index === WINDOW - 1 ? 700 : DATAGRAM_BYTES);
      sent.update(datagram);
      socket.send(datagram);
    }
    for (const reply of await replies) received.update(reply);
  }
  return { sent: sent.digest("hex"), received: received.digest("hex") };
}

function collect(socket: Socket, count: number): Promise<Buffer[]> {
  const replies: Buffer[] = [];
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(
      () => reject(new Error(`${replies.length} of ${count} came back`)),
      REPLY_DEADLINE_MS,
    );
    const take = (message: Buffer) => {
      if (replies.push(message) < count) return;
      socket.off("message", take);
      clearTimeout(deadline);
      resolve(replies);
    };
    socket.on("message", take);
  });
}

function report(transferred: TransferReport): void {
  process.send?.(transferred);
}
