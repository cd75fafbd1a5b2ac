import type { Entity } from "@postern/sdk";
import { nameText } from "../../entity-name.ts";
import type { Cell } from "../../output/table.ts";

export function pairs(entity: Entity): readonly (readonly [string, Cell])[] {
  return [
    ["entity", nameText(entity)],
    ["ref", entity.ref],
    ["shared", entity.shared === null ? "nobody has said" : entity.shared ? "yes" : "no"],
    ...Object.entries(entity.attributes).map(([name, value]) => [name, JSON.stringify(value)] as const),
    ...Object.entries(entity.states).map(([name, since]) => [`state ${name}`, `since ${since}`] as const),
  ];
}
