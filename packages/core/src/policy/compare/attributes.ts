import { canonical } from "../../event/canonical.ts";
import type { AttributeDeclaration, Policy } from "../revision.ts";
import type { Notes } from "./protection.ts";

/** The same condition text means something else where what it reads has another type or source. */
export function compareAttributes(from: Policy, to: Policy, notes: Notes): void {
  const before = flat(from);
  const after = flat(to);
  for (const [name, old] of before) {
    if (!after.has(name)) notes("Attributes", name)("neutral", null, old.source, null, old.at);
  }
  for (const [name, declared] of after) {
    const note = notes("Attributes", name);
    const old = before.get(name);
    if (old === undefined) {
      note("neutral", null, null, declared.source, declared.at);
      continue;
    }
    if (old.source !== declared.source) {
      const direction = declared.source === "request" ? "wider" : "narrower";
      note(direction, "source", old.source, declared.source, declared.at);
    }
    const [a, b] = [canonical(old.type), canonical(declared.type)];
    if (a !== b) note("wider", "type", a, b, declared.at);
  }
}

function flat({ attributes }: Policy): Map<string, AttributeDeclaration> {
  const all = new Map<string, AttributeDeclaration>();
  for (const [variable, group] of attributes) {
    for (const [name, declared] of group) all.set(`${variable}.${name}`, declared);
  }
  return all;
}
