import { Agent, request } from "node:http";
import { type Started, startScript } from "../load.ts";

/** A server of the session rows. The secrets of tokens are empty where it is no Postern. */
export interface SessionTarget {
  readonly url: string;
  readonly admin: string;
  readonly application: string;
}

export function startSessionTarget(
  given: readonly ["postern", "none" | "one" | "two"] | readonly ["raw"],
  event: string = "",
): Promise<Started<SessionTarget>> {
  const bytes = Buffer.from(event, "utf8").toString("base64");
  return startScript<SessionTarget>(new URL("./target.ts", import.meta.url), given, { BENCH_EVENT: bytes });
}

export interface Answered {
  readonly status: number;
  readonly text: string;
  /** When the head of the answer was here, by `performance.now()`. */
  readonly at: number;
}

const agent = new Agent({ keepAlive: true, maxSockets: 32 });

export function send(
  url: string,
  method: string,
  headers: Readonly<Record<string, string>>,
  body?: unknown,
): Promise<Answered> {
  const bytes = body === undefined ? null : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method,
        agent,
        headers: { ...headers, ...(bytes === null ? {} : { "content-type": "application/json" }) },
      },
      (response) => {
        const at = performance.now();
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (part: string) => {
          text += part;
        });
        response.once("error", reject);
        response.once("end", () => resolve({ status: response.statusCode ?? 0, text, at }));
      },
    );
    sent.once("error", reject);
    sent.end(bytes ?? undefined);
  });
}

export interface SignedIn {
  readonly id: string;
  readonly secret: string;
}

/** A session as an application registers it. */
export async function signIn({ url, application }: SessionTarget, person: string): Promise<SignedIn> {
  const { status, text } = await send(
    `${url}/v1/sessions`,
    "POST",
    { authorization: `Bearer ${application}` },
    {
      subject: { type: "user", id: person },
      acr: "aal1",
      authTime: new Date().toISOString(),
      expiresAt: new Date(Date.now() + 36_000_000).toISOString(),
    },
  );
  if (status !== 201) throw new Error(`expected a session, got ${status}: ${text.slice(0, 200)}`);
  const { session, secret } = JSON.parse(text) as { session: { id: string }; secret: string };
  return { id: session.id, secret };
}
