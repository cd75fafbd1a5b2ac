import type { Running } from "@postern/server";
import { SAMPLE_PEOPLE } from "../sample.ts";

/** Lets Ana sign in with Postern too, by the sample password that she has at the shop. Once: later starts add nothing. */
export async function beginAccount({ service }: Running, secret: string): Promise<void> {
  const { factors, tokens, sessions } = service;
  const token = tokens.bySecret(secret);
  const ana = SAMPLE_PEOPLE.find(({ name }) => name === "ana");
  if (factors === null || token === null || ana === undefined) return;
  const caller = { kind: "token", token } as const;
  const invited = await factors.invite(caller, { type: "user", id: ana.name });
  // She has begun already.
  if (!invited.ok) return;
  const begun = await factors.acceptInvitation(invited.value.secret, { password: ana.password });
  if (begun.ok) await sessions.revoke(caller, begun.value.session.id);
}
