import { type Caller, type Question, type Service, StoreError } from "@postern/service";
import { must } from "../deployment/deployment.ts";
import { CAMPAIGN_OFFER } from "./campaign-policy.ts";
import { between, type Dice } from "./seeded.ts";
import type { Told } from "./told.ts";

const HOUR_MS = 3_600_000;

/** What the load asks of a person's session; also what the campaign asks again after the crash. */
export function reportsQuestion(service: Service, session: string): Question {
  return {
    subject: null,
    action: { name: "get" },
    resource: { type: "route", id: "/reports/monthly" },
    session: service.sessions.byId(session),
    askedBy: "campaign",
  };
}

/**
 * Lives of people, one after the other: enter, sign in, opt out, be honoured, be locked, turn back on, leave.
 * Every step is told after the use-case has answered, and never before.
 */
export async function live(parts: {
  readonly service: Service;
  readonly admin: Caller;
  readonly dice: Dice;
  readonly name: string;
  readonly tell: (told: Told) => void;
}): Promise<never> {
  const { service, admin, dice, tell } = parts;
  for (let count = 1; ; count++) {
    try {
      await life(`${parts.name}-${count}`);
    } catch (cause) {
      // The store is away: what was asked was not acknowledged, so nothing is owed. Tried again in a moment.
      if (!isAway(cause))
        tell({ kind: "broken", detail: cause instanceof Error ? cause.message : String(cause) });
      await pause(40);
    }
  }

  async function life(person: string): Promise<void> {
    let visits = 0;
    const visit = async (): Promise<void> => {
      visits += 1;
      must(
        await service.entities.put(
          admin,
          { type: "user", id: person },
          { attributes: { roles: ["staff"], visits } },
        ),
      );
      tell({ kind: "entity", person, visits });
    };
    await visit();
    const strong = await signIn(person, "aal2");
    const caller = callerIn(strong);
    const requested = must(await service.optOuts.request(caller, { offer: CAMPAIGN_OFFER }));
    const { hash } = must(await service.optOuts.disclosure(caller, requested.id, ["en"]));
    const { id } = must(
      await service.optOuts.consent(caller, requested.id, { disclosure: hash, locale: "en" }),
    );
    tell({ kind: "granted", optOut: id, person });

    const weak = await signIn(person, "aal1");
    for (let times = between(dice, 1, 3); times > 0; times--) await ask(weak, id, true);
    if (dice() < 0.5) await visit();
    if (dice() < 0.3) {
      const lock = must(
        await service.locks.place(admin, {
          target: { kind: "subject", name: { type: "user", id: person } },
          reason: "a look at the account",
        }),
      );
      tell({ kind: "locked", lock: lock.id });
      await ask(weak, id, false);
      if (dice() < 0.5) {
        tell({ kind: "lifting", lock: lock.id });
        must(await service.locks.lift(admin, lock.id));
        tell({ kind: "lifted", lock: lock.id });
      }
    }
    if (dice() < 0.5) {
      tell({ kind: "revoking", optOut: id });
      must(await service.optOuts.revoke(callerIn(weak), id, {}));
      tell({ kind: "revoked", optOut: id, session: weak });
      await ask(weak, id, false);
    }
    if (dice() < 0.3) {
      tell({ kind: "ending-session", session: strong });
      must(await service.sessions.revoke(admin, strong));
      tell({ kind: "session-ended", session: strong });
    }
    await pause(between(dice, 0, 6));
  }

  async function signIn(person: string, acr: "aal1" | "aal2"): Promise<string> {
    const { session } = must(
      await service.sessions.register(admin, {
        subject: { type: "user", id: person },
        acr,
        authTime: new Date().toISOString(),
        expiresAt: new Date(Date.now() + 8 * HOUR_MS).toISOString(),
      }),
    );
    tell({ kind: "session", session: session.id, acr });
    return session.id;
  }

  function callerIn(id: string): Caller {
    const session = service.sessions.byId(id);
    if (session === null) throw new Error("a session that was just registered is unknown");
    return { kind: "session", session };
  }

  async function ask(session: string, optOut: string, allowed: boolean): Promise<void> {
    const { id, decision, entry } = await service.decisions.decide(reportsQuestion(service, session));
    if (decision.outcome !== "honour") return;
    if (!allowed)
      tell({ kind: "broken", detail: `\`${optOut}\` was honoured after it was locked or revoked` });
    if (entry === null) tell({ kind: "broken", detail: `\`${optOut}\` was honoured without a ledger entry` });
    else tell({ kind: "honoured", optOut, decision: id, index: entry.index, position: entry.position });
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Refusals that a lost database explains. */
function isAway(cause: unknown): boolean {
  if (cause instanceof StoreError) return cause.code === "unavailable";
  return cause instanceof Error && /^(store\.unavailable|busy)\b/.test(cause.message);
}
