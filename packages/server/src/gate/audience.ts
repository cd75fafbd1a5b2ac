import type { IncomingMessage } from "node:http";
import type { Config } from "../config/settings.ts";

const LONGEST = 256;

/**
 * For whom an assertion is made: the `audience` that the proxy's own configuration asks for (`/gate/nginx?audience=…`),
 * else the configured upstream, else a name that says no more than that it is one.
 */
export function audienceOf({ upstream }: Config, request: IncomingMessage): string {
  const { url = "" } = request;
  const query = url.indexOf("?");
  if (query >= 0) {
    const asked = new URLSearchParams(url.slice(query + 1)).get("audience");
    if (asked !== null && asked !== "" && asked.length <= LONGEST) return asked;
  }
  return upstream ?? "postern:upstream";
}
