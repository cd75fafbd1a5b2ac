import { mkdirSync } from "node:fs";
import type { Running } from "@postern/server";
import { authenticatorPath } from "../authenticator.ts";
import { SAMPLE_PEOPLE } from "../sample.ts";
import { nextCode, stepAt } from "../second-step.ts";
import { writePrivate } from "./keep.ts";

/**
 * Lets Ana sign in with Postern, by the sample password that she has at the shop and a code app whose secret lies in
 * `folder`, as on her phone. Once: later starts add nothing.
 */
export async function beginAccount({ service }: Running, secret: string, folder: string): Promise<void> {
  const { factors, tokens, sessions } = service;
  const token = tokens.bySecret(secret);
  const ana = SAMPLE_PEOPLE.find(({ name }) => name === "ana");
  if (factors === null || token === null || ana === undefined) return;
  const caller = { kind: "token", token } as const;
  const invited = await factors.invite(caller, { type: "user", id: ana.name });
  // She has begun already.
  if (!invited.ok) return;
  const begun = await factors.acceptInvitation(invited.value.secret, { password: ana.password });
  if (!begun.ok) return;
  const { session } = begun.value;
  const app = factors.beginTotp(session);
  if (app.ok) {
    // The code of the step before is still taken, and leaves the one of now for the tour.
    const step = stepAt(Date.now()) - 1;
    const { code } = nextCode(app.value.secret, ana.name, step - 1, step * 30_000);
    const added = await factors.finishTotp(session, { code, label: "phone" });
    if (added.ok) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const kept = JSON.stringify({ secret: app.value.secret, lastStep: step });
      writePrivate(authenticatorPath(folder, ana.name), kept);
    }
  }
  await sessions.revoke(caller, session.id);
}
