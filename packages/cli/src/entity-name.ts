import type { EntityName } from "@postern/core";
import { UsageError } from "./failure.ts";

/** Reads `user:ana`. The id may hold colons. */
export function entityName(text: string, what: string): EntityName {
  const colon = text.indexOf(":");
  if (colon < 1 || colon === text.length - 1) {
    throw new UsageError(`expected ${what} as \`type:id\`, such as \`user:ana\`, got \`${text}\``);
  }
  return { type: text.slice(0, colon), id: text.slice(colon + 1) };
}

export function optionalEntityName(text: string | undefined, what: string): EntityName | undefined {
  return text === undefined ? undefined : entityName(text, what);
}

export function nameText(name: EntityName | null | undefined): string {
  return name === null || name === undefined ? "–" : `${name.type}:${name.id}`;
}
