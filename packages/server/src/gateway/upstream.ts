import {
  type ClientRequest,
  type IncomingMessage,
  Agent as PlainAgent,
  request as plainRequest,
} from "node:http";
import { Agent as SecureAgent, request as secureRequest } from "node:https";
import { isIP } from "node:net";
import type { World } from "@postern/service";

/** How long to wait for the application, in milliseconds. */
export interface Patience {
  /** Until a connection stands. */
  readonly connect: number;
  /** From the end of the request until the answer begins. */
  readonly answer: number;
  /** Without a byte in either direction, once the answer has begun. */
  readonly silence: number;
}

const PATIENCE: Patience = { connect: 5_000, answer: 60_000, silence: 300_000 };

export type UpstreamFailure = "unavailable" | "slow";

/** The one application behind the gateway, and the connections kept open to it. */
export interface Upstream {
  readonly origin: string;
  /** Opens a request; nothing is sent until its body is written or ended. */
  open(asked: {
    readonly method: string;
    readonly path: string;
    readonly headers: readonly string[];
  }): ClientRequest;
  readonly patience: Patience;
  close(): void;
}

export function createUpstream(url: string, patience: Patience = PATIENCE): Upstream {
  const { protocol, hostname, port, origin } = new URL(url);
  const secure = protocol === "https:";
  const pool = { keepAlive: true, maxSockets: 2_048, maxFreeSockets: 256, scheduling: "lifo" } as const;
  const agent = secure ? new SecureAgent(pool) : new PlainAgent(pool);
  const request = secure ? secureRequest : plainRequest;
  const host = hostname.replace(/^\[|\]$/g, "");
  return {
    origin,
    patience,
    open: ({ method, path, headers }) =>
      request({
        agent,
        host,
        ...(port === "" ? {} : { port: Number(port) }),
        // The certificate is the application's: the client's Host header has no say in which one is accepted.
        ...(secure ? { servername: isIP(host) === 0 ? host : "" } : {}),
        method,
        path,
        headers: [...headers],
        insecureHTTPParser: false,
        maxHeaderSize: 65_536,
      }),
    close: () => agent.destroy(),
  };
}

/**
 * Watches one request to the application: `failed` is called at most once, and only before an answer began.
 * Timers are the World's.
 */
export function watch(
  outgoing: ClientRequest,
  { patience }: Upstream,
  world: Pick<World, "after">,
  failed: (failure: UpstreamFailure) => void,
): void {
  let answered = false;
  let settled = false;
  // From the start: waiting for a free connection counts as waiting for one.
  let stop: () => void = world.after(patience.connect, () => settle("unavailable"));
  const settle = (failure: UpstreamFailure): void => {
    if (settled || answered) return;
    settled = true;
    stop();
    outgoing.destroy();
    failed(failure);
  };
  outgoing.once("socket", (socket) => {
    if (!socket.connecting) {
      stop();
      return;
    }
    const connected = (): void => {
      stop();
      if (outgoing.writableFinished) waitForAnswer();
    };
    socket.once(socket instanceof Object && "encrypted" in socket ? "secureConnect" : "connect", connected);
  });
  const waitForAnswer = (): void => {
    if (settled || answered) return;
    stop();
    stop = world.after(patience.answer, () => settle("slow"));
  };
  outgoing.once("finish", () => {
    if (outgoing.socket !== null && !outgoing.socket.connecting) waitForAnswer();
  });
  const began = (): void => {
    answered = true;
    stop();
  };
  outgoing.once("response", began);
  outgoing.once("upgrade", began);
  outgoing.on("error", () => settle("unavailable"));
  outgoing.once("close", () => settle("unavailable"));
}

/** Ends an answer that has gone silent for too long. */
export function endWhenSilent(incoming: IncomingMessage, { patience }: Upstream): void {
  incoming.setTimeout(patience.silence, () => incoming.destroy());
}
