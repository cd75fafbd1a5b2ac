import type { KeyObject } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startInteropServer } from "../interop-server.ts";
import { alterations, type Claims, HEADER, type Parts, tokenOf } from "./token.ts";

/** What became of the same events when they were pushed to a node (RFC 8935). */
export interface PushedResult {
  readonly accepted: number;
  readonly refused: number;
  readonly wrong: readonly string[];
}

const POLICY = new URL("./policy.yaml", import.meta.url);

/**
 * Pushes each example over HTTP to a running node, and what was altered of it. An issuer there is an address of this
 * machine, whose keys can be asked for, and it happens now: nothing else of an example is changed.
 */
export async function runPushed(
  examples: readonly Claims[],
  keys: { readonly ours: KeyObject; readonly ourPublic: KeyObject; readonly stranger: KeyObject },
): Promise<PushedResult> {
  const jwk = { ...keys.ourPublic.export({ format: "jwk" }), kid: "published", alg: "ES256", use: "sig" };
  const server: Server = createServer((_request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ keys: [jwk] }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const directory = await mkdtemp(join(tmpdir(), "postern-secevents-"));
  const file = join(directory, "transmitters.json");
  const issuerOf = (number: number): string => `${origin}/${number}`;
  const transmitters = examples.map(({ aud }, number) => ({
    id: `example-${number}`,
    issuer: issuerOf(number),
    audience: Array.isArray(aud) ? aud[0] : aud,
    jwks_uri: `${origin}/jwks.json`,
    subject_types: ["user"],
  }));
  await writeFile(file, JSON.stringify({ transmitters }), { mode: 0o600 });
  const node = await startInteropServer(POLICY, { signalTransmitters: file });
  try {
    const push = async (token: string): Promise<number> => {
      const answer = await fetch(`${node.running.urls.control}/ssf/receive`, {
        method: "POST",
        headers: { "content-type": "application/secevent+jwt", accept: "application/json" },
        body: token,
      });
      await answer.body?.cancel();
      return answer.status;
    };
    const wrong: string[] = [];
    let [accepted, refused] = [0, 0];
    for (const [number, json] of examples.entries()) {
      const now = Math.floor(Date.now() / 1000);
      const claims = { ...atNow(json, now), iss: issuerOf(number), iat: now };
      const genuine: Parts = { header: HEADER, claims, key: keys.ours };
      const status = await push(tokenOf(genuine));
      if (status === 202) accepted += 1;
      else wrong.push(`example ${number + 1} was answered ${status} when it was pushed`);
      for (const [how, altered] of alterations(genuine, keys.stranger)) {
        const answered = await push(tokenOf(altered));
        if (answered === 400) refused += 1;
        else wrong.push(`example ${number + 1} was answered ${answered} when it was pushed although ${how}`);
      }
    }
    return { accepted, refused, wrong };
  } finally {
    await node.stop();
    await new Promise<void>((resolve) => void server.close(() => resolve()));
    await rm(directory, { recursive: true, force: true });
  }
}

/** What happened years ago, and would be refused for that alone, happens now. */
function atNow(claims: Claims, now: number): Claims {
  const events = Object.entries(Object(claims.events) as Claims).map(([uri, event]) => {
    const held = Object(event) as Claims;
    return [uri, held.event_timestamp === undefined ? held : { ...held, event_timestamp: now }];
  });
  return {
    ...claims,
    ...(claims.toe === undefined ? {} : { toe: now }),
    events: Object.fromEntries(events) as Claims,
  };
}
