import type { Caller, Service } from "@postern/service";
import { CAMPAIGN_OFFER } from "../crash/campaign-policy.ts";
import { callerOf, type Ground, openNode, prepare } from "../crash/ground.ts";
import { must } from "../deployment/deployment.ts";

const HOUR_MS = 3_600_000;

/** One person, with a session that only an opt-out lets into the reports. */
export interface Person {
  readonly name: string;
  readonly optOut: string;
  /** Signed in with a password alone. */
  readonly session: string;
  /** Signed in with a second step: never needs the opt-out. */
  readonly strong: string;
}

/** What the ledger holds that an attacker would like to be otherwise. */
export interface Stage {
  readonly secret: string;
  /** May open the reports: what must still be so on an untouched copy. */
  readonly ana: Person;
  /** Turned the protection back on. */
  readonly rita: Person;
  /** Locked out of every opt-out by an administrator. */
  readonly lena: Person & { readonly lock: string };
  /** A token that may only read opt-outs. */
  readonly reader: { readonly id: string; readonly secret: string };
  /** A session that was ended. */
  readonly ended: string;
  readonly revision: string;
  /** The copy that was kept from before the revocation and the lock. */
  readonly earlier: Ground;
}

/** Builds a small real ledger: opt-outs, honours, a revocation, a lock, sessions, tokens. */
export async function build(ground: Ground, copy: (to: string) => Promise<Ground>): Promise<Stage> {
  const secret = await prepare(ground);
  const first = await openNode(ground);
  const admin = callerOf(first.service, secret);
  const ana = await optedOut(first.service, admin, "ana");
  const rita = await optedOut(first.service, admin, "rita");
  const lena = await optedOut(first.service, admin, "lena");
  const issued = must(
    await first.service.tokens.issue(admin, {
      label: "reader",
      scopes: ["opt-outs.read"],
      expiresAt: new Date(Date.now() + 100 * 24 * HOUR_MS).toISOString(),
    }),
  );
  const ended = await signIn(first.service, admin, "ana", "aal2");
  await honour(first.service, ana, 3);
  await first.service.close();
  const earlier = await copy("earlier");

  const second = await openNode(ground);
  const again = callerOf(second.service, secret);
  const lock = must(
    await second.service.locks.place(again, {
      target: { kind: "subject", name: { type: "user", id: "lena" } },
      reason: "the account is being looked at",
    }),
  );
  must(
    await second.service.optOuts.revoke(personIn(second.service, rita.session), rita.optOut, {
      reason: "enough",
    }),
  );
  must(await second.service.sessions.revoke(again, ended));
  await honour(second.service, ana, 3);
  const revision = second.service.policy.active() ?? "";
  await second.service.close();
  return {
    secret,
    ana,
    rita,
    lena: { ...lena, lock: lock.id },
    reader: { id: issued.token.id, secret: issued.secret },
    ended,
    revision,
    earlier,
  };
}

export function personIn(service: Service, id: string): Caller {
  const session = service.sessions.byId(id);
  if (session === null) throw new Error(`there is no session \`${id}\``);
  return { kind: "session", session };
}

async function optedOut(service: Service, admin: Caller, name: string): Promise<Person> {
  must(await service.entities.put(admin, { type: "user", id: name }, { attributes: { roles: ["staff"] } }));
  const strong = await signIn(service, admin, name, "aal2");
  const caller = personIn(service, strong);
  const { id } = must(
    await service.optOuts.request(caller, {
      offer: CAMPAIGN_OFFER,
      reason: `${name} reads reports every day`,
    }),
  );
  const { hash } = must(await service.optOuts.disclosure(caller, id, ["en"]));
  must(await service.optOuts.consent(caller, id, { disclosure: hash, locale: "en" }));
  return { name, optOut: id, session: await signIn(service, admin, name, "aal1"), strong };
}

async function signIn(service: Service, admin: Caller, name: string, acr: "aal1" | "aal2"): Promise<string> {
  const { session } = must(
    await service.sessions.register(admin, {
      subject: { type: "user", id: name },
      acr,
      authTime: new Date().toISOString(),
      expiresAt: new Date(Date.now() + 8 * HOUR_MS).toISOString(),
    }),
  );
  return session.id;
}

async function honour(service: Service, { session }: Person, times: number): Promise<void> {
  for (; times > 0; times--) {
    const { decision } = await service.decisions.decide({
      subject: null,
      action: { name: "get" },
      resource: { type: "route", id: "/reports/monthly" },
      session: service.sessions.byId(session),
      askedBy: "campaign",
    });
    if (decision.outcome !== "honour") throw new Error(`expected an honour, got ${decision.outcome}`);
  }
}
