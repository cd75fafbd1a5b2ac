import type { OriginalRequest, ProxyKind } from "./original.ts";

/**
 * Where a person is sent to sign in, in the form that a proxy passes on unchanged; null: it takes no redirect. Traefik
 * reads a relative address as one of the gate's own host, so it is told the whole of it.
 */
export function locationOf(proxy: ProxyKind, signIn: string, { origin }: OriginalRequest): string | null {
  switch (proxy) {
    case "nginx":
      return null;
    case "caddy":
    case "envoy":
      return signIn;
    case "traefik":
      if (!signIn.startsWith("/")) return signIn;
      return origin === null ? null : `${origin}${signIn}`;
    default:
      return proxy satisfies never;
  }
}
