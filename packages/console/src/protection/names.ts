import type { ControlId } from "@postern/core";
import type { Messages } from "../messages/messages.ts";

/**
 * Words for what an opt-out covers: of `route:/reports/**` "reports", of `todo:42` "todo 42". Null where the
 * pattern names nothing that a person would know it by.
 */
export function thingsOf(resources: readonly string[], m: Messages): string | null {
  const names = [...new Set(resources.map((pattern) => thingOf(pattern, m)))];
  const last = names.pop();
  if (last === undefined) return null;
  return names.length === 0 ? last : `${names.join(", ")}${m.listAnd}${last}`;
}

function thingOf(pattern: string, m: Messages): string {
  const colon = pattern.indexOf(":");
  const type = pattern.slice(0, Math.max(colon, 0));
  const words = pattern
    .slice(colon + 1)
    .split("/")
    .filter((segment) => segment !== "" && !segment.includes("*"))
    .map(decoded);
  if (words.length === 0) return type === "route" ? m.everything : type;
  return type === "route" ? words.join(" ") : `${type} ${words.join(" ")}`;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment).replaceAll(/[-_]+/g, " ");
  } catch {
    return segment;
  }
}

/** "Second step for reports". */
export function nameOf(control: ControlId, resources: readonly string[], m: Messages): string {
  return m.controlFor(control, thingsOf(resources, m));
}

export function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
