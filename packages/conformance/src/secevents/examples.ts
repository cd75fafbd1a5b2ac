import { generateKeyPairSync } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { instant } from "@postern/core";
import { parseJson, setVerifier } from "@postern/server";
import { runPushed } from "./pushed.ts";
import { alterations, type Claims, HEADER, type Parts, tokenOf } from "./token.ts";

/** What became of the published security events, and of altered ones. */
export interface SeceventsResult {
  readonly accepted: number;
  readonly refused: number;
  /** The same, pushed to a running node. */
  readonly pushed: { readonly accepted: number; readonly refused: number };
  readonly wrong: readonly string[];
}

interface Example {
  readonly source: string;
  readonly json: Claims;
}

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
      parseJson,
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
  const over = await runPushed(
    examples.map(({ json }) => json),
    { ours: ours.privateKey, ourPublic: ours.publicKey, stranger: stranger.privateKey },
  );
  const pushed = { accepted: over.accepted, refused: over.refused };
  return { accepted, refused, pushed, wrong: [...wrong, ...over.wrong] };
}
