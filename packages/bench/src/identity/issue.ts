import { Agent, request as httpRequest } from "node:http";
import type { PosternTarget } from "./serving.ts";

/**
 * How often a second a refresh token was exchanged, each family one exchange after the other, all at once. Puts the
 * new refresh tokens where the old ones were: each is good once.
 */
export async function perSecond(
  { url, headers }: PosternTarget["issue"],
  families: string[],
  seconds: number,
): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: families.length });
  let issued = 0;
  const began = performance.now();
  const until = began + seconds * 1_000;
  const exchange = (token: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const request = httpRequest(url, { method: "POST", headers, agent });
      request.once("error", reject);
      request.once("response", (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.once("error", reject);
        response.once("end", () => {
          const given = JSON.parse(Buffer.concat(chunks).toString("utf8")) as Record<string, unknown>;
          const { access_token: access, id_token: id, refresh_token: next } = given;
          if (typeof access === "string" && typeof id === "string" && typeof next === "string") resolve(next);
          else reject(new Error(`expected three tokens, got ${response.statusCode} \`${given.error}\``));
        });
      });
      request.end(new URLSearchParams({ grant_type: "refresh_token", refresh_token: token }).toString());
    });
  const inTurn = async (token: string, at: number): Promise<void> => {
    let current = token;
    while (performance.now() < until) {
      current = await exchange(current);
      families[at] = current;
      issued += 1;
    }
  };
  try {
    await Promise.all(families.map(inTurn));
    return (issued / (performance.now() - began)) * 1_000;
  } finally {
    agent.destroy();
  }
}
