import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { instant } from "@postern/core";
import { setVerifier } from "@postern/server";

/** What became of the published security events, and of altered ones. */
export interface SeceventsResult {
  readonly accepted: number;
  readonly refused: number;
  readonly wrong: readonly string[];
}

type Claims = Readonly<Record<string, unknown>>;

interface Example {
  readonly source: string;
  readonly json: Claims;
}

/** One token, in the parts that are put together. */
interface Parts {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Claims;
  readonly key: KeyObject;
  /** Changes one bit of the signature. */
  readonly broken?: true;
}

const HEADER = { alg: "ES256", typ: "secevent+jwt", kid: "published" };
const OLDEST_MS = 7 * 86_400_000;

/**
 * Signs each published example as it stands, and every alteration of it that has to be refused, apart from the library
 * that checks; and puts them to the check that the receiver makes, at the time at which the example was issued.
 */
export async function runSecevents(directory: string): Promise<SeceventsResult> {
  const text = await readFile(join(directory, "secevents", "examples.json"), "utf8");
  const examples = JSON.parse(text) as readonly Example[];
  const ours = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const stranger = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const wrong: string[] = [];
  let [accepted, refused] = [0, 0];
  for (const [number, { json }] of examples.entries()) {
    const { iss, aud, iat } = json;
    const audience = Array.isArray(aud) ? aud[0] : aud;
    if (typeof iss !== "string" || typeof audience !== "string" || typeof iat !== "number") {
      wrong.push(`example ${number + 1} cannot be read`);
      continue;
    }
    const check = setVerifier(
      { issuer: iss, audience, algorithms: ["ES256", "RS256"] },
      async () => async () => ours.publicKey,
      () => instant(iat * 1000 + 1_000),
      OLDEST_MS,
    );
    const genuine: Parts = { header: HEADER, claims: json, key: ours.privateKey };
    const found = await check(tokenOf(genuine));
    if (found.ok) accepted += 1;
    else wrong.push(`example ${number + 1} was refused: ${found.refusal.code}, ${found.refusal.detail}`);
    for (const [how, altered] of alterations(genuine, stranger.privateKey)) {
      if ((await check(tokenOf(altered))).ok)
        wrong.push(`example ${number + 1} was accepted although ${how}`);
      else refused += 1;
    }
  }
  return { accepted, refused, wrong };
}

function alterations(genuine: Parts, stranger: KeyObject): readonly (readonly [string, Parts])[] {
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
    ["a second event was added", changed({ events })],
    ["its signature was broken", { ...genuine, broken: true }],
    ["somebody else signed it", { ...genuine, key: stranger }],
    ["its audience was changed", changed({ aud: "https://elsewhere.example.com" })],
  ];
}

function tokenOf({ header, claims, key, broken }: Parts): string {
  const text = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const input = `${text(header)}.${text(claims)}`;
  const signature = sign("sha256", Buffer.from(input), { key, dsaEncoding: "ieee-p1363" });
  if (broken === true) signature[0] = (signature[0] ?? 0) ^ 1;
  return `${input}.${signature.toString("base64url")}`;
}
