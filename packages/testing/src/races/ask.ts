import { Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from "node:http";

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Asks over loopback, follows nothing, and adds no header of its own. */
export interface Asking {
  (url: string, given?: Given): Promise<Answered>;
  readonly close: () => void;
}

export interface Given {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>>;
}

const MOST_MS = 20_000;

export function asking(): Asking {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const ask = (url: string, given: Given = {}): Promise<Answered> => {
    const { json, form } = given;
    const body =
      json !== undefined
        ? JSON.stringify(json)
        : form === undefined
          ? ""
          : new URLSearchParams(form).toString();
    const type = json !== undefined ? "application/json" : "application/x-www-form-urlencoded";
    return new Promise((resolve, reject) => {
      const sent = request(
        url,
        {
          agent,
          method: given.method ?? (body === "" ? "GET" : "POST"),
          timeout: MOST_MS,
          headers: {
            ...(body === "" ? {} : { "content-type": type, "content-length": Buffer.byteLength(body) }),
            ...given.headers,
          },
        },
        (answer) => {
          const parts: Buffer[] = [];
          answer
            .on("data", (part: Buffer) => parts.push(part))
            .on("end", () =>
              resolve({
                status: answer.statusCode ?? 0,
                headers: answer.headers,
                text: Buffer.concat(parts).toString("utf8"),
              }),
            )
            .on("error", reject);
        },
      );
      sent.on("error", (error: NodeJS.ErrnoException) => {
        // The other side closed a connection that nobody used for a while, just as it was used: nothing was read of it.
        if (sent.reusedSocket && error.code === "ECONNRESET") ask(url, given).then(resolve, reject);
        else reject(error);
      });
      sent.on("timeout", () => sent.destroy(new Error(`no answer within ${MOST_MS / 1_000} s`)));
      sent.end(body);
    });
  };
  return Object.assign(ask, { close: () => agent.destroy() });
}
