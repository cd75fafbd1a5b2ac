import { createHmac, type KeyObject } from "node:crypto";
import {
  type AttributeDeclaration,
  type AttributeSource,
  type Attributes,
  type CelValue,
  type Entity,
  type EntityName,
  type EntityRef,
  entityKey,
  NO_ATTRIBUTES,
  type Policy,
  toCelValue,
} from "@postern/core";
import type { Keyring } from "../keyring/keyring.ts";
import type { State } from "../projection/state.ts";
import { openBox, type RandomPool, sealBox } from "../seal/box.ts";

/** An entity opened with its own key. */
export interface OpenedEntity {
  readonly name: EntityName;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** From names to references and back. Only entities that exist are remembered, so that strangers cost no memory. */
export interface Directory {
  blind(name: EntityName): string;
  find(name: EntityName): Entity | undefined;
  /** Null: unknown, deleted, or its key is gone. */
  open(ref: EntityRef): OpenedEntity | null;
  name(ref: EntityRef): EntityName | null;
  /** The entity-sourced attributes as policy types them. */
  attributes(ref: EntityRef, declared: ReadonlyMap<string, AttributeDeclaration> | undefined): Attributes;
  seal(ref: EntityRef, opened: OpenedEntity): string;
  /** An entity changed: what was remembered of it goes. */
  forget(ref: EntityRef): void;
  /** Everything is read anew. */
  forgetAll(): void;
  /** What decisions take of an entity, made once until the entity or the policy changes. */
  facts<Value>(ref: EntityRef, of: "subject" | "device", policy: Policy, make: () => Value): Value;
  /** Policy changed: typed attributes are made anew. */
  forgetTypes(): void;
}

interface Kept {
  readonly policy: Policy;
  readonly value: unknown;
}

const MOST_BLINDS = 10_000;

export function directory(parts: {
  readonly state: State;
  readonly keys: Keyring;
  readonly blindKey: KeyObject;
  readonly pool: RandomPool;
}): Directory {
  const { state, keys, blindKey, pool } = parts;
  const refs = new Map<string, EntityRef>();
  const opened = new Map<EntityRef, OpenedEntity>();
  // By declarations too: one entity may be the subject and the resource of one question.
  let typed = new Map<ReadonlyMap<string, AttributeDeclaration>, Map<EntityRef, Attributes>>();

  const facts = { subject: new Map<EntityRef, Kept>(), device: new Map<EntityRef, Kept>() };
  let blinds = new Map<string, string>();

  const blind = (name: EntityName): string => {
    const key = entityKey(name);
    const known = blinds.get(key);
    if (known !== undefined) return known;
    const made = createHmac("sha256", blindKey).update(key).digest("hex");
    // Strangers choose these names: what is remembered of them is bounded.
    if (blinds.size >= MOST_BLINDS) blinds = new Map();
    blinds.set(key, made);
    return made;
  };
  const open = (ref: EntityRef): OpenedEntity | null => {
    const known = opened.get(ref);
    if (known !== undefined) return known;
    const entity = state.entity(ref);
    const key = keys.get(ref);
    if (entity === undefined || entity.deletedAt !== null || key === null) return null;
    const plain = openBox(key, Buffer.from(entity.box, "base64"), `entity:${ref}`);
    if (plain === null) return null;
    const value = JSON.parse(Buffer.from(plain).toString("utf8")) as OpenedEntity;
    opened.set(ref, value);
    return value;
  };
  return {
    blind,
    find(name) {
      const key = entityKey(name);
      const ref = refs.get(key);
      if (ref !== undefined) {
        const entity = state.entity(ref);
        if (entity !== undefined && entity.deletedAt === null) return entity;
        refs.delete(key);
      }
      const entity = state.entityByBlind(blind(name));
      if (entity !== undefined) refs.set(key, entity.ref);
      return entity;
    },
    open,
    name: (ref) => open(ref)?.name ?? null,
    attributes(ref, declared) {
      if (declared === undefined) return NO_ATTRIBUTES;
      let ofVariable = typed.get(declared);
      if (ofVariable === undefined) {
        ofVariable = new Map();
        typed.set(declared, ofVariable);
      }
      const known = ofVariable.get(ref);
      if (known !== undefined) return known;
      const attributes = typedAttributes(open(ref)?.attributes, declared, "entity");
      ofVariable.set(ref, attributes);
      return attributes;
    },
    facts<Value>(ref: EntityRef, of: "subject" | "device", policy: Policy, make: () => Value): Value {
      const known = facts[of].get(ref);
      if (known?.policy === policy) return known.value as Value;
      const value = make();
      facts[of].set(ref, { policy, value });
      return value;
    },
    seal(ref, value) {
      const key = keys.get(ref);
      if (key === null) throw new TypeError(`there is no key for \`${ref}\``);
      return Buffer.from(
        sealBox(key, Buffer.from(JSON.stringify(value), "utf8"), `entity:${ref}`, pool),
      ).toString("base64");
    },
    forget(ref) {
      opened.delete(ref);
      facts.subject.delete(ref);
      facts.device.delete(ref);
      for (const ofVariable of typed.values()) ofVariable.delete(ref);
    },
    forgetAll() {
      refs.clear();
      opened.clear();
      typed = new Map();
      facts.subject.clear();
      facts.device.clear();
    },
    forgetTypes() {
      typed = new Map();
      facts.subject.clear();
      facts.device.clear();
    },
  };
}

/**
 * The attributes that policy declares for this source, typed. What is not declared, comes from another source
 * or does not fit its type is left out: a condition that reads it then faults, and a fault closes.
 */
export function typedAttributes(
  json: unknown,
  declared: ReadonlyMap<string, AttributeDeclaration> | undefined,
  source: AttributeSource,
): Attributes {
  if (declared === undefined || typeof json !== "object" || json === null || Array.isArray(json))
    return NO_ATTRIBUTES;
  let values: Map<string, CelValue> | null = null;
  for (const [name, declaration] of declared) {
    if (declaration.source !== source || !Object.hasOwn(json, name)) continue;
    const converted = toCelValue((json as Readonly<Record<string, unknown>>)[name], declaration.type);
    if (!converted.ok) continue;
    values ??= new Map();
    values.set(name, converted.value);
  }
  return values ?? NO_ATTRIBUTES;
}
