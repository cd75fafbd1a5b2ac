import { createHash } from "node:crypto";
import { canonical } from "@postern/core";
import { isFields } from "../access/question.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Members of a context that belong to the profiles and say nothing of the question. */
const MACHINERY: ReadonlySet<string> = new Set(["approval", "supported_obligations"]);

/** The members of a question's context that it is bound to: all but the profiles' own. */
export function boundMembers(context: unknown): readonly string[] {
  return isFields(context)
    ? Object.keys(context)
        .filter((name) => !MACHINERY.has(name))
        .sort()
    : [];
}

/**
 * The hash of a question as the access-request profile builds it: subject without its actor, resource, action, and the
 * named members of the context, in canonical JSON (RFC 8785). Null: a part has no canonical form.
 */
export function bindingHash(body: Fields, members: readonly string[]): string | null {
  const given = isFields(body.context) ? body.context : {};
  const context = Object.fromEntries(
    members.flatMap((name) => (Object.hasOwn(given, name) ? [[name, given[name]] as const] : [])),
  );
  return hashOf({
    subject: withoutActor(body.subject),
    resource: body.resource,
    action: body.action,
    context,
  });
}

/** What an approval is about: this subject, this action, this resource. */
export function scopeHash(body: Fields): string | null {
  const { subject, resource, action } = body;
  if (!isFields(subject) || !isFields(resource) || !isFields(action)) return null;
  return hashOf([subject.type, subject.id, action.name, resource.type, resource.id]);
}

function hashOf(value: unknown): string | null {
  try {
    return createHash("sha256").update(canonical(value)).digest("base64url");
  } catch {
    return null;
  }
}

function withoutActor(subject: unknown): unknown {
  if (!isFields(subject) || !isFields(subject.properties)) return subject;
  const { act, ...properties } = subject.properties;
  return { ...subject, properties };
}
