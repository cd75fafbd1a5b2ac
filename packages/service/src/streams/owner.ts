import { type Instant, STREAM_SCOPES, type Token } from "@postern/core";
import type { Caller } from "../caller.ts";
import type { State } from "../projection/state.ts";
import type { StoredStream } from "./registry.ts";

/** Types of the subjects that may be added to a stream, or known by a token, that names none. */
export const ANY_TYPES: readonly string[] = ["user", "device"];

const typesOf = new WeakMap<StoredStream, ReadonlySet<string>>();

/** Types of all subjects that it tells of. */
function typesTold(stream: StoredStream, state: Pick<State, "entity">): ReadonlySet<string> {
  const known = typesOf.get(stream);
  if (known !== undefined) return known;
  const added = stream.added.map(({ ref }) => state.entity(ref)?.type);
  const types = new Set([...stream.subjectTypes, ...added.filter((type) => type !== undefined)]);
  // Whom this node has not heard of yet has a type all the same.
  if (!added.includes(undefined)) typesOf.set(stream, types);
  return types;
}

function mayKnow({ subjectTypes }: Token, stream: StoredStream, state: Pick<State, "entity">): boolean {
  const own = subjectTypes.length === 0 ? ANY_TYPES : subjectTypes;
  return (
    stream.subjectTypes.every((type) => subjectTypes.includes(type)) &&
    [...typesTold(stream, state)].every((type) => own.includes(type))
  );
}

export function isForStreams({ scopes }: Pick<Token, "scopes">): boolean {
  return STREAM_SCOPES.some((scope) => scopes.includes(scope));
}

/**
 * The token that a stream belongs to: the live one for streams that has its audience for a label, which one alone may
 * have at a time; were there several, the one that was issued first. Null: there is none, or it may not know of all
 * whom the stream tells of. Nothing is told then, and what happens is kept.
 */
export function ownerOf(
  stream: StoredStream,
  state: Pick<State, "tokens" | "entity">,
  now: Instant,
): Token | null {
  let first: Token | null = null;
  for (const token of state.tokens()) {
    if (token.label !== stream.audience || !isForStreams(token)) continue;
    if (token.revokedAt !== null || now >= token.expiresAt) continue;
    if (first === null || token.issuedAt < first.issuedAt) first = token;
  }
  return first !== null && mayKnow(first, stream, state) ? first : null;
}

export function owns(
  caller: Caller,
  stream: StoredStream,
  state: Pick<State, "tokens" | "entity">,
  now: Instant,
): boolean {
  return caller.kind === "token" && ownerOf(stream, state, now)?.id === caller.token.id;
}
