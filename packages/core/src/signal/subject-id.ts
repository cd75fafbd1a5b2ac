import { accept, type Result, refuse } from "../vocabulary/result.ts";

/** A subject as a security event names it (RFC 9493, and the formats that SSF 1.0 section 3.5 adds). */
export type SubjectId =
  | { readonly format: "email"; readonly email: string }
  | { readonly format: "account" | "uri" | "did"; readonly uri: string }
  | { readonly format: "phone_number"; readonly phone: string }
  | { readonly format: "iss_sub"; readonly issuer: string; readonly subject: string }
  | { readonly format: "opaque"; readonly id: string }
  | { readonly format: "aliases"; readonly identifiers: readonly SubjectId[] }
  | {
      readonly format: "complex";
      readonly user: SubjectId | null;
      readonly device: SubjectId | null;
      readonly session: SubjectId | null;
    }
  /** One that we match nobody by. */
  | { readonly format: "other" };

const LONGEST = 1_024;
const MOST_ALIASES = 20;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads a subject identifier. A format that is known must have its members, as texts and no more than it needs to be
 * read; another format is taken for nobody whom we know. `nested`: aliases hold no aliases, and complex no complex.
 */
export function readSubjectId(given: unknown, nested = false): Result<SubjectId, string> {
  if (!isFields(given)) return refuse("expected a subject identifier (RFC 9493)");
  const { format } = given;
  if (typeof format !== "string" || format === "")
    return refuse("expected a `format` in the subject identifier");
  const member = (name: string): Result<string, string> => {
    const value = given[name];
    return typeof value === "string" && value !== "" && value.length <= LONGEST
      ? accept(value)
      : refuse(`expected \`${name}\` in a subject identifier of the format \`${format.slice(0, 40)}\``);
  };
  switch (format) {
    case "email": {
      const email = member("email");
      return email.ok ? accept({ format, email: email.value }) : email;
    }
    case "account":
    case "uri": {
      const uri = member("uri");
      return uri.ok ? accept({ format, uri: uri.value }) : uri;
    }
    case "did": {
      const url = member("url");
      return url.ok ? accept({ format, uri: url.value }) : url;
    }
    case "phone_number": {
      const phone = member("phone_number");
      return phone.ok ? accept({ format, phone: phone.value }) : phone;
    }
    case "opaque": {
      const id = member("id");
      return id.ok ? accept({ format, id: id.value }) : id;
    }
    case "iss_sub": {
      const [issuer, subject] = [member("iss"), member("sub")];
      if (!issuer.ok) return issuer;
      return subject.ok ? accept({ format, issuer: issuer.value, subject: subject.value }) : subject;
    }
    case "aliases":
      return nested
        ? refuse("expected no aliases within another identifier")
        : readAliases(given.identifiers);
    case "complex":
      return nested ? refuse("expected no complex subject within another identifier") : readComplex(given);
    default:
      return accept({ format: "other" });
  }
}

function readAliases(given: unknown): Result<SubjectId, string> {
  if (!Array.isArray(given) || given.length === 0 || given.length > MOST_ALIASES)
    return refuse(`expected 1 to ${MOST_ALIASES} \`identifiers\``);
  const identifiers: SubjectId[] = [];
  for (const one of given) {
    const read = readSubjectId(one, true);
    if (!read.ok) return read;
    identifiers.push(read.value);
  }
  return accept({ format: "aliases", identifiers });
}

/** SSF 1.0 section 3.2: what it names beside these three narrows nothing that we hold. */
function readComplex(given: Fields): Result<SubjectId, string> {
  const read: Record<"user" | "device" | "session", SubjectId | null> = {
    user: null,
    device: null,
    session: null,
  };
  for (const name of ["user", "device", "session"] as const) {
    if (given[name] === undefined) continue;
    const part = readSubjectId(given[name], true);
    if (!part.ok) return part;
    read[name] = part.value;
  }
  return accept({ format: "complex", ...read });
}

function isFields(given: unknown): given is Fields {
  return typeof given === "object" && given !== null && !Array.isArray(given);
}
