import type { IncomingMessage } from "node:http";
import type { Config } from "../config/settings.ts";
import type { ProxyKind } from "./original.ts";

const LONGEST = 256;

/**
 * For whom an assertion is made: the `audience` that the proxy's own configuration asks for (`/gate/nginx?audience=…`),
 * else the configured upstream, else a name that says no more than that it is one. Behind Envoy the query is the
 * client's own, and says nothing.
 */
export function audienceOf({ upstream }: Config, request: IncomingMessage, proxy: ProxyKind): string {
  const { url = "" } = request;
  const query = proxy === "envoy" ? -1 : url.indexOf("?");
  if (query >= 0) {
    const asked = new URLSearchParams(url.slice(query + 1)).get("audience");
    if (asked !== null && asked !== "" && asked.length <= LONGEST) return asked;
  }
  return upstream ?? "postern:upstream";
}
