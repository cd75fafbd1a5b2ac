/** An entity as other programs name it (OpenID AuthZEN Authorization API 1.0, section 5). */
export interface EntityName {
  readonly type: string;
  readonly id: string;
}

/** One string for one entity. The separator cannot occur in a type, so no two names share a key. */
export function entityKey(name: EntityName): string {
  return `${name.type}:${name.id}`;
}

const TYPE = /^[a-z][a-z0-9_-]{0,63}$/;
const CONTROL_CHARACTER = /\p{Cc}/u;

/** A type is a short lower-case word; an id is any text of 1 to 512 characters without control characters. */
export function isEntityName(name: EntityName): boolean {
  return (
    TYPE.test(name.type) && name.id.length >= 1 && name.id.length <= 512 && !CONTROL_CHARACTER.test(name.id)
  );
}
