import type { KeyObject } from "node:crypto";
import type { SubjectId } from "@postern/core";
import type { Keyring } from "../keyring/keyring.ts";
import { openBox, type RandomPool, sealBox } from "../seal/box.ts";

/** A subject that a receiver asked to be told of, by the name that it gave: it is told under that name. */
export interface AddedSubject {
  readonly ref: string;
  /** RFC 9493, sealed under the subject's own key, base64: with the subject the name is gone (Law 10). */
  readonly as: string;
}

const CONTEXT = "ssf/subject";

/** What was read of a name and nothing else, as RFC 9493 writes it. */
export function written(name: SubjectId): object {
  switch (name.format) {
    case "did":
      return { format: name.format, url: name.uri };
    case "phone_number":
      return { format: name.format, phone_number: name.phone };
    case "iss_sub":
      return { format: name.format, iss: name.issuer, sub: name.subject };
    case "aliases":
      return { format: name.format, identifiers: name.identifiers.map(written) };
    case "complex": {
      const { format, user, device, session } = name;
      return {
        format,
        ...(user === null ? {} : { user: written(user) }),
        ...(device === null ? {} : { device: written(device) }),
        ...(session === null ? {} : { session: written(session) }),
      };
    }
    case "email":
    case "account":
    case "uri":
    case "opaque":
    case "other":
      return name;
    default:
      return name satisfies never;
  }
}

/** Null where the key of whom it names is gone. */
export function sealedName(
  ref: string,
  name: SubjectId,
  parts: { readonly keys: Pick<Keyring, "get">; readonly pool: RandomPool },
): AddedSubject | null {
  const key: KeyObject | null = parts.keys.get(ref);
  if (key === null) return null;
  const plain = Buffer.from(JSON.stringify(written(name)), "utf8");
  return { ref, as: Buffer.from(sealBox(key, plain, CONTEXT, parts.pool)).toString("base64") };
}

/** Null where it cannot be opened: then nobody is told under it. */
export function openedName({ ref, as }: AddedSubject, keys: Pick<Keyring, "get">): unknown {
  const key = keys.get(ref);
  const plain = key === null ? null : openBox(key, Buffer.from(as, "base64"), CONTEXT);
  return plain === null ? null : (JSON.parse(Buffer.from(plain).toString("utf8")) as unknown);
}
