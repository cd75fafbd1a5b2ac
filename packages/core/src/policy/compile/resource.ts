import { parseResourcePattern, type ResourcePattern } from "../../opt-out/scope.ts";
import { accept, type Result, refuse } from "../../vocabulary/result.ts";
import { canonicalPattern } from "../canonical-path.ts";

/** Reads a resource pattern; the literal segments of a route are brought into the form of a request's path. */
export function readResource(text: string): Result<ResourcePattern, string> {
  const parsed = parseResourcePattern(text);
  if (!parsed.ok || parsed.value.type !== "route") return parsed;
  const pattern = parsed.value;
  const segments: string[] = [];
  for (const segment of pattern.segments) {
    if (segment === "*") {
      segments.push(segment);
      continue;
    }
    const canonical = canonicalPattern(`/${segment}`);
    const only = canonical.ok ? canonical.value.segments[0] : undefined;
    if (!canonical.ok) return refuse(`${canonical.refusal}, in \`${text.slice(0, 60)}\``);
    if (only === undefined) return refuse(`expected a path, got \`${text.slice(0, 60)}\``);
    segments.push(only);
  }
  const path = [...segments, ...(pattern.subtree ? ["**"] : [])].join("/");
  return accept({ ...pattern, text: `route:/${path}`, segments });
}
