import { isDeepStrictEqual } from "node:util";
import {
  type Client,
  createClient,
  type EntityFields,
  PosternProblem,
  type TokenRequest,
} from "@postern/sdk";
import { SAMPLE_DEVICES, SAMPLE_PEOPLE } from "../sample.ts";
import { type Kept, keep } from "./keep.ts";

const YEAR = 360 * 24 * 3_600_000;
const GUESTS = "guests-read-catalogue";

export interface Seeded {
  readonly ben: Client;
  readonly tokens: { readonly ben: string; readonly olga: string; readonly shop: string };
}

/**
 * Brings a Postern to the state in which the tour begins. What is already there is left alone, so that a second
 * start adds nothing to the ledger. Ben asks for the guests' opt-out and Olga approves it: no one can do both.
 */
export async function seed(
  url: string,
  folder: string,
  found: Kept,
  begin: (administrator: string) => Promise<void>,
): Promise<Seeded> {
  let kept = found;
  const ends = new Date(Date.now() + YEAR).toISOString();
  if (kept.ben === null) {
    // Kept before it is used: a start that is interrupted here can still be told apart from a used secret.
    keep(folder, kept);
    const { secret } = await createClient({ url }).tokens.bootstrap(kept.bootstrap, user("ben"));
    kept = { ...kept, ben: secret };
    keep(folder, kept);
  }
  const ben = createClient({ url, token: kept.ben ?? "" });
  for (const { name, roles } of SAMPLE_PEOPLE) await holds(ben, user(name), { attributes: { roles } });
  for (const { id, shared, managed } of SAMPLE_DEVICES) {
    await holds(ben, { type: "device", id }, { attributes: { managed }, shared });
  }
  const issue = async (request: Omit<TokenRequest, "expiresAt">): Promise<string> =>
    (await ben.tokens.issue({ ...request, expiresAt: ends })).secret;
  if (kept.olga === null) {
    const scopes = ["opt-outs.approve", "opt-outs.read"] as const;
    kept = { ...kept, olga: await issue({ label: "olga", person: user("olga"), scopes }) };
    keep(folder, kept);
  }
  if (kept.shop === null) {
    const scopes = ["sessions.register"] as const;
    kept = { ...kept, shop: await issue({ label: "shop", scopes, maxAcr: "aal2", subjectTypes: ["user"] }) };
    keep(folder, kept);
  }
  const tokens = { ben: kept.ben ?? "", olga: kept.olga ?? "", shop: kept.shop ?? "" };
  await begin(tokens.ben);
  await letGuestsRead(ben, createClient({ url, token: tokens.olga }));
  return { ben, tokens };
}

function user(id: string): { readonly type: "user"; readonly id: string } {
  return { type: "user", id };
}

async function holds(
  ben: Client,
  name: { readonly type: string; readonly id: string },
  fields: EntityFields,
): Promise<void> {
  const held = await ben.entities.get(name).catch((error: unknown) => {
    if (error instanceof PosternProblem && error.status === 404) return null;
    throw error;
  });
  const same =
    held !== null &&
    isDeepStrictEqual(held.attributes, fields.attributes ?? {}) &&
    held.shared === (fields.shared ?? null);
  if (!same) await ben.entities.put(name, fields);
}

async function letGuestsRead(ben: Client, olga: Client): Promise<void> {
  for await (const one of ben.optOuts.list({ control: "authentication" })) {
    if (one.offer === GUESTS && (one.state === "active" || one.state === "suspended")) return;
    if (one.offer === GUESTS && one.state === "pending") {
      await olga.optOuts.approve(one.id, { version: one.version });
      return;
    }
  }
  const asked = await ben.optOuts.request({
    offer: GUESTS,
    holder: { kind: "anonymous" },
    reason: "the catalogue is our shop window, and prices are no secret",
  });
  await olga.optOuts.approve(asked.id, { version: asked.version });
}
