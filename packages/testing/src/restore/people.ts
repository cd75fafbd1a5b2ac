import type { OptOutId } from "@postern/core";
import type { Caller, Service } from "@postern/service";
import { CAMPAIGN_OFFER } from "../crash/campaign-policy.ts";
import { reportsQuestion } from "../crash/load.ts";
import { must } from "../deployment/deployment.ts";

const HOUR_MS = 3_600_000;

/** Someone with an opt-out from step-up and a session that only it carries through. */
export interface Holder {
  readonly name: string;
  readonly optOut: OptOutId;
  session: string;
}

export async function signIn(
  service: Service,
  app: Caller,
  name: string,
  acr: "aal1" | "aal2",
): Promise<string> {
  const { session } = must(
    await service.sessions.register(app, {
      subject: { type: "user", id: name },
      acr,
      authTime: new Date().toISOString(),
      expiresAt: new Date(Date.now() + 8 * HOUR_MS).toISOString(),
    }),
  );
  return session.id;
}

export function callerIn(service: Service, id: string): Caller {
  const session = service.sessions.byId(id);
  if (session === null) throw new Error("a session that was just registered is unknown");
  return { kind: "session", session };
}

/** Someone who has asked and not answered yet. */
export async function asker(service: Service, admin: Caller, name: string): Promise<Holder> {
  must(await service.entities.put(admin, { type: "user", id: name }, { attributes: { roles: ["staff"] } }));
  const session = await signIn(service, admin, name, "aal2");
  const { id } = must(await service.optOuts.request(callerIn(service, session), { offer: CAMPAIGN_OFFER }));
  return { name, optOut: id as OptOutId, session };
}

export async function consent(service: Service, { session, optOut }: Holder): Promise<void> {
  const caller = callerIn(service, session);
  const { hash } = must(await service.optOuts.disclosure(caller, optOut, ["en"]));
  must(await service.optOuts.consent(caller, optOut, { disclosure: hash, locale: "en" }));
}

export async function holder(
  service: Service,
  admin: Caller,
  name: string,
  offer: string = CAMPAIGN_OFFER,
): Promise<Holder> {
  must(await service.entities.put(admin, { type: "user", id: name }, { attributes: { roles: ["staff"] } }));
  const caller = callerIn(service, await signIn(service, admin, name, "aal2"));
  const requested = must(await service.optOuts.request(caller, { offer }));
  const { hash } = must(await service.optOuts.disclosure(caller, requested.id, ["en"]));
  const { id } = must(
    await service.optOuts.consent(caller, requested.id, { disclosure: hash, locale: "en" }),
  );
  return { name, optOut: id as OptOutId, session: await signIn(service, admin, name, "aal1") };
}

export async function ask(service: Service, session: string): Promise<string> {
  return (await service.decisions.decide(reportsQuestion(service, session))).decision.outcome;
}

/** Why what a session's person holds was not honoured. */
export async function whyNot(service: Service, session: string): Promise<readonly string[]> {
  const { decision } = await service.decisions.decide(reportsQuestion(service, session));
  return decision.notHonoured.map(({ reason }) => reason);
}

/** Asks for everyone in turn until it is told to stop; answers how often it was honoured. */
export function load(service: Service, holders: readonly Holder[]): () => Promise<number> {
  let running = true;
  let honoured = 0;
  const ended = Promise.all(
    Array.from({ length: 8 }, async (_, lane) => {
      for (let turn = lane; running; turn += 8) {
        const { session } = holders[turn % holders.length] ?? { session: "" };
        if ((await ask(service, session)) === "honour") honoured += 1;
        // The rest of the process has its turn too.
        await new Promise((resolve) => setImmediate(resolve));
      }
    }),
  );
  return async () => {
    running = false;
    await ended;
    return honoured;
  };
}
