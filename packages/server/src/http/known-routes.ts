import type { App } from "./app.ts";

interface Known {
  readonly segments: readonly string[];
  readonly methods: Set<string>;
}

/** Collects the routes that follow, so that a wrong method is told from an unknown address. */
export function knownRoutes(app: App): (url: string) => readonly string[] {
  const routes = new Map<string, Known>();
  app.addHook("onRoute", ({ url, method }) => {
    const known = routes.get(url) ?? { segments: url.split("/"), methods: new Set<string>() };
    for (const one of typeof method === "string" ? [method] : method) known.methods.add(one);
    routes.set(url, known);
  });
  return (url) => {
    const query = url.indexOf("?");
    const segments = (query < 0 ? url : url.slice(0, query)).split("/");
    const methods = new Set<string>();
    for (const known of routes.values()) {
      if (covers(known.segments, segments)) for (const method of known.methods) methods.add(method);
    }
    return [...methods].sort();
  };
}

function covers(pattern: readonly string[], segments: readonly string[]): boolean {
  const wild = pattern.at(-1) === "*";
  if (wild ? segments.length < pattern.length : segments.length !== pattern.length) return false;
  return pattern.every((part, at) => part === "*" || part.startsWith(":") || part === segments[at]);
}
