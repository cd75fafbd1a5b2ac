import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";

/** One connection to PostgreSQL and nothing on top: what a wake-up costs the protocol itself. */
interface RawConnection {
  /** Sends a statement without values; settles once the server is ready for the next. */
  query(statement: string): Promise<void>;
  onNotification(listener: () => void): void;
  close(): void;
}

/** Milliseconds from `NOTIFY` on one raw connection until another that listens has it, each of `count` in turn. */
export async function rawNotify(url: string, count: number): Promise<readonly number[]> {
  const [listening, telling] = await Promise.all([rawConnection(url), rawConnection(url)]);
  try {
    await listening.query("LISTEN bench");
    const times: number[] = [];
    for (let time = 0; time < count; time++) {
      const heard = new Promise<number>((resolve) =>
        listening.onNotification(() => resolve(performance.now())),
      );
      const began = performance.now();
      await telling.query(`NOTIFY bench, '${time}'`);
      times.push((await heard) - began);
    }
    return times;
  } finally {
    listening.close();
    telling.close();
  }
}

async function rawConnection(url: string): Promise<RawConnection> {
  const { hostname, port, username, password, pathname } = new URL(url);
  const socket: Socket = connect({ host: hostname, port: Number(port), noDelay: true });
  let held = Buffer.alloc(0);
  let notified = (): void => {};
  let ready: { readonly resolve: () => void; readonly reject: (cause: Error) => void } | null = null;
  const scram = scramClient(decodeURIComponent(password));
  const fail = (why: string): void => {
    ready?.reject(new Error(why));
    ready = null;
  };
  const authenticate = (body: Buffer): void => {
    const kind = body.readInt32BE(0);
    const given = body.subarray(4).toString("utf8");
    if (kind === 10) {
      const first = Buffer.from(scram.first());
      const length = Buffer.alloc(4);
      length.writeInt32BE(first.length);
      socket.write(message("p", Buffer.concat([Buffer.from("SCRAM-SHA-256\0"), length, first])));
    } else if (kind === 11) socket.write(message("p", Buffer.from(scram.final(given))));
    else if (kind !== 0 && kind !== 12) fail(`expected SCRAM authentication, got kind ${kind}`);
  };
  socket.on("data", (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    while (held.length >= 5) {
      const end = 1 + held.readInt32BE(1);
      if (held.length < end) return;
      const [kind, body] = [String.fromCharCode(held[0] ?? 0), held.subarray(5, end)];
      held = held.subarray(end);
      if (kind === "R") authenticate(body);
      else if (kind === "A") notified();
      else if (kind === "E") fail(body.toString("utf8").replaceAll("\0", " "));
      else if (kind === "Z") {
        ready?.resolve();
        ready = null;
      }
    }
  });
  socket.on("error", ({ message: why }) => fail(why));
  const answered = (): Promise<void> =>
    new Promise((resolve, reject) => {
      ready = { resolve, reject };
    });
  const opened = answered();
  const startup = Buffer.from(`\0\x03\0\0user\0${username}\0database\0${pathname.slice(1)}\0\0`, "latin1");
  socket.once("connect", () => socket.write(message("", startup)));
  await opened;
  return {
    query(statement) {
      const done = answered();
      socket.write(message("Q", Buffer.from(`${statement}\0`)));
      return done;
    },
    onNotification(listener) {
      notified = listener;
    },
    close: () => void socket.destroy(),
  };
}

/** A message of the frontend (PostgreSQL documentation, "Message Formats"): kind, length with itself, body. */
function message(kind: string, body: Uint8Array): Buffer {
  const head = Buffer.alloc(kind.length + 4);
  head.write(kind, "latin1");
  head.writeInt32BE(body.length + 4, kind.length);
  return Buffer.concat([head, body]);
}

/** SCRAM-SHA-256 without channel binding (RFC 5802, RFC 7677). The server's proof is not looked at: it is our own. */
function scramClient(password: string): { first(): string; final(challenge: string): string } {
  const bare = `n=,r=${randomBytes(18).toString("base64")}`;
  return {
    first: () => `n,,${bare}`,
    final(challenge) {
      const field = (name: string): string =>
        challenge
          .split(",")
          .find((one) => one.startsWith(`${name}=`))
          ?.slice(2) ?? "";
      const salted = pbkdf2Sync(
        password,
        Buffer.from(field("s"), "base64"),
        Number(field("i")),
        32,
        "sha256",
      );
      const key = createHmac("sha256", salted).update("Client Key").digest();
      const without = `c=biws,r=${field("r")}`;
      const signature = createHmac("sha256", createHash("sha256").update(key).digest())
        .update(`${bare},${challenge},${without}`)
        .digest();
      const proof = Buffer.from(key.map((byte, at) => byte ^ (signature[at] ?? 0)));
      return `${without},p=${proof.toString("base64")}`;
    },
  };
}
