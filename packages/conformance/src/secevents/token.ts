import { type KeyObject, sign } from "node:crypto";

export type Claims = Readonly<Record<string, unknown>>;

/** One token, in the parts that are put together. */
export interface Parts {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Claims;
  readonly key: KeyObject;
  /** Changes one bit of the signature. */
  readonly broken?: true;
}

export const HEADER = { alg: "ES256", typ: "secevent+jwt", kid: "published" } as const;

/** What has to be refused of it, and how it was altered. */
export function alterations(genuine: Parts, stranger: KeyObject): readonly (readonly [string, Parts])[] {
  const { claims } = genuine;
  const { typ: _, ...untyped } = HEADER;
  const events = {
    ...(claims.events as Claims),
    "https://schemas.openid.net/secevent/caep/event-type/session-presented-again": {},
  };
  const changed = (more: Claims): Parts => ({ ...genuine, claims: { ...claims, ...more } });
  return [
    ["a `sub` was added", changed({ sub: "jane.smith@example.com" })],
    ["an `exp` was added", changed({ exp: Number(claims.iat) + 300 })],
    ["its `typ` was dropped", { ...genuine, header: untyped }],
    ["its `typ` was that of any token", { ...genuine, header: { ...HEADER, typ: "JWT" } }],
    ["its `typ` was that of an access token", { ...genuine, header: { ...HEADER, typ: "at+jwt" } }],
    ["its `typ` was that of a logout", { ...genuine, header: { ...HEADER, typ: "logout+jwt" } }],
    ["a second event was added", changed({ events })],
    ["its signature was broken", { ...genuine, broken: true }],
    ["somebody else signed it", { ...genuine, key: stranger }],
    ["its audience was changed", changed({ aud: "https://elsewhere.example.com" })],
  ];
}

/** Signed apart from the library that checks. */
export function tokenOf({ header, claims, key, broken }: Parts): string {
  const text = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const input = `${text(header)}.${text(claims)}`;
  const signature = sign("sha256", Buffer.from(input), { key, dsaEncoding: "ieee-p1363" });
  if (broken === true) signature[0] = (signature[0] ?? 0) ^ 1;
  return `${input}.${signature.toString("base64url")}`;
}
