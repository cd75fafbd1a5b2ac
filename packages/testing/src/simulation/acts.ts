import type { Caller, Service } from "@postern/service";
import { judgeAnswer, questionOf } from "./answers.ts";
import type { Ground, SimulatedNode } from "./ground.ts";
import type { Model } from "./model.ts";
import { PEOPLE } from "./opening.ts";
import { type ActName, type Picks, pick } from "./steps.ts";
import { OFFERS, PATHS } from "./world-policy.ts";

/** What clients know of: only what they were answered. */
export interface Known {
  readonly sessions: { readonly id: string; readonly person: string; readonly acr: "aal1" | "aal2" }[];
  readonly optOuts: { readonly id: string; readonly person: string; readonly offer: string }[];
  readonly locks: string[];
}

const MOST_KNOWN = 10;
/** Where the tokens of people with opt-outs stand among those of managers. */
const OWN_MANAGER: ReadonlyMap<string, number> = new Map([
  ["ana", 2],
  ["ben", 3],
]);

export function know<Item>(list: Item[], item: Item): void {
  list.push(item);
  if (list.length > MOST_KNOWN) list.shift();
}

/** One thing that a client may ask of a node. It tells `ack` what it was promised. */
export type Act = (parts: {
  readonly ground: Ground;
  readonly node: SimulatedNode;
  readonly service: Service;
  readonly known: Known;
  readonly picks: Picks;
  readonly ack: (what: string, holds: (truth: Model) => boolean) => void;
}) => Promise<(() => void) | null>;

const nothing = null;
const ended = (id: string) => (truth: Model) => truth.optOuts.get(id)?.standing === "ended";

function sessionCaller(
  service: Service,
  known: Known,
  person: string | null,
  acr: string,
  at: number,
): Caller | null {
  const fitting = known.sessions.filter(
    (one) => (person === null || one.person === person) && one.acr === acr,
  );
  const chosen = pick(fitting, at);
  const session = chosen === null ? null : service.sessions.byId(chosen.id);
  return session === null ? null : { kind: "session", session };
}

const signIn =
  (acr: "aal1" | "aal2"): Act =>
  async ({ ground, service, known, picks, ack }) => {
    const person = pick(PEOPLE, picks.a) ?? "ana";
    const now = Date.parse(service.node.status().time);
    const made = await service.sessions.register(ground.opening.application, {
      subject: { type: "user", id: person },
      acr,
      authTime: new Date(now).toISOString(),
      expiresAt: new Date(now + (picks.b < 0.3 ? 5_000 + picks.c * 20_000 : 3_600_000)).toISOString(),
    });
    if (!made.ok) return nothing;
    const { id } = made.value.session;
    ack(`session ${id}`, (truth) => truth.sessions.has(id));
    return () => know(known.sessions, { id, person, acr });
  };

const ask: Act = async ({ ground, node, service, known, picks }) => {
  const session = pick(known.sessions, picks.a);
  if (session === null) return nothing;
  const path = pick(PATHS, picks.b) ?? "/reports/a";
  const question = questionOf(service, session.id, path);
  const doubt = service.node.doubt();
  const answer = await service.decisions.decide(question);
  // Asked without its session while the node believed no clock, it says nothing of the session.
  if (question.session === null && doubt !== null) return nothing;
  if (node.service === service) judgeAnswer(ground, node, { session: session.id, path }, answer);
  return nothing;
};

/** A request with the consent that follows it, as a page does it. */
const optOut: Act = async ({ service, known, picks, ack }) => {
  const caller = sessionCaller(service, known, null, "aal2", picks.a);
  if (caller?.kind !== "session") return nothing;
  const person = service.sessions.subjectOf(caller.session)?.id ?? "";
  const offer = pick(OFFERS, picks.b) ?? "own";
  const asked = await service.optOuts.request(caller, {
    offer,
    ...(picks.c < 0.3 ? { length: "PT3S" } : {}),
  });
  if (!asked.ok) return nothing;
  const { id } = asked.value;
  ack(`request ${id}`, (truth) => truth.optOuts.has(id));
  const shown = await service.optOuts.disclosure(caller, id, ["en"]);
  if (shown.ok && picks.d < 0.9) {
    const given = await service.optOuts.consent(caller, id, { disclosure: shown.value.hash, locale: "en" });
    if (given.ok) ack(`consent to ${id}`, (truth) => truth.optOuts.get(id)?.consented === true);
  }
  return () => know(known.optOuts, { id, person, offer });
};

/** Managers are also people: some of them approve what they asked for or hold, or try to. */
const byManager =
  (
    act: (service: Service, caller: Caller, id: string) => Promise<{ readonly ok: boolean }>,
    end: boolean,
  ): Act =>
  async ({ ground, service, known, picks, ack }) => {
    const waiting = known.optOuts.filter(({ offer }) => offer === "approved");
    const chosen = pick(picks.c < 0.6 ? waiting : known.optOuts, picks.a);
    // Among the managers are people who hold opt-outs: now and then it is their own that they act on.
    const own = picks.d > 0.6 ? OWN_MANAGER.get(chosen?.person ?? "") : undefined;
    const caller = ground.opening.managers[own ?? -1] ?? pick(ground.opening.managers, picks.b);
    if (chosen === null || caller === null) return nothing;
    const done = await act(service, caller, chosen.id);
    if (done.ok && end) ack(`end of ${chosen.id}`, ended(chosen.id));
    return nothing;
  };

const withdraw: Act = async ({ service, known, picks, ack }) => {
  const chosen = pick(known.optOuts, picks.a);
  const caller =
    chosen === null
      ? null
      : sessionCaller(service, known, chosen.person, picks.b < 0.5 ? "aal1" : "aal2", picks.c);
  if (chosen === null || caller === null) return nothing;
  if ((await service.optOuts.withdraw(caller, chosen.id)).ok)
    ack(`withdrawal of ${chosen.id}`, ended(chosen.id));
  return nothing;
};

const revoke: Act = async ({ ground, service, known, picks, ack }) => {
  const chosen = pick(known.optOuts, picks.a);
  if (chosen === null) return nothing;
  const caller =
    picks.b < 0.5
      ? sessionCaller(service, known, chosen.person, "aal1", picks.c)
      : pick(ground.opening.managers, picks.c);
  if (caller === null) return nothing;
  const done = await service.optOuts.revoke(caller, chosen.id, {});
  if (!done.ok) return nothing;
  // One that had run out by itself has nothing left to end.
  if (done.value.optOut.state === "expired" || done.value.optOut.state === "lapsed") return nothing;
  ack(`end of ${chosen.id}`, ended(chosen.id));
  if (done.value.inEffect !== null && ground.time.now() >= ground.lossUntil)
    ground.inEffect.set(chosen.id, ground.truth.size);
  return nothing;
};

const renew: Act = async ({ service, known, picks }) => {
  const chosen = pick(known.optOuts, picks.a);
  const caller = chosen === null ? null : sessionCaller(service, known, chosen.person, "aal2", picks.b);
  if (chosen === null || caller === null) return nothing;
  const shown = await service.optOuts.disclosure(caller, chosen.id, ["en"]);
  if (shown.ok)
    await service.optOuts.renew(caller, chosen.id, {
      length: "PT20S",
      disclosure: shown.value.hash,
      locale: "en",
    });
  return nothing;
};

const endSession: Act = async ({ ground, service, known, picks, ack }) => {
  const chosen = pick(known.sessions, picks.a);
  if (chosen === null) return nothing;
  if ((await service.sessions.revoke(ground.opening.admin, chosen.id)).ok)
    ack(`end of session ${chosen.id}`, (truth) => truth.sessions.get(chosen.id)?.revoked === true);
  return nothing;
};

const lock: Act = async ({ ground, service, known, picks, ack }) => {
  const optOutId = pick(known.optOuts, picks.b)?.id;
  const person = pick(PEOPLE, picks.b) ?? "ana";
  const target =
    picks.a < 0.2
      ? ({ kind: "everything" } as const)
      : picks.a < 0.6 || optOutId === undefined
        ? ({ kind: "subject", name: { type: "user", id: person } } as const)
        : ({ kind: "opt-out", optOut: optOutId as never } as const);
  const placed = await service.locks.place(ground.opening.managers[0] ?? ground.opening.admin, {
    target,
    until: new Date(Date.parse(service.node.status().time) + 500 + picks.c * 15_000).toISOString(),
  });
  if (!placed.ok) return nothing;
  const { id } = placed.value;
  ack(`lock ${id}`, (truth) => truth.locks.has(id));
  return () => know(known.locks, id);
};

const lift: Act = async ({ ground, service, known, picks, ack }) => {
  const id = pick(known.locks, picks.a);
  if (id === null) return nothing;
  const lifted = await service.locks.lift(
    picks.b < 0.2 ? (ground.opening.managers[0] ?? ground.opening.admin) : ground.opening.admin,
    id,
  );
  if (lifted.ok && lifted.value.state === "lifted")
    ack(`lifting of ${id}`, (truth) => truth.locks.get(id)?.lifted === true);
  return nothing;
};

const switchPolicy: Act = async ({ ground, service, picks }) => {
  const caller = ground.opening.managers[picks.a < 0.5 ? 0 : 1] ?? ground.opening.admin;
  const other = ground.opening.revisions.find((id) => id !== service.policy.active());
  if (other === undefined) return nothing;
  if (picks.b < 0.3) await service.policy.rollback(caller);
  else await service.policy.activate(caller, other);
  return nothing;
};

const forget: Act = async ({ ground, service, picks }) => {
  const person = { type: "user", id: pick(PEOPLE, picks.a) ?? "ana" };
  if (picks.b < 0.4) {
    await service.entities.delete(ground.opening.admin, person);
    return nothing;
  }
  await service.entities.put(ground.opening.admin, person, { attributes: { roles: ["staff"] } });
  return nothing;
};

const rotate: Act = async ({ ground, service, picks }) => {
  await service.node.rotate(
    ground.opening.admin,
    picks.a < 0.4 ? "checkpoint" : picks.a < 0.8 ? "assertion" : "wrapping",
  );
  return nothing;
};

const acceptTime: Act = async ({ ground, service }) => {
  if (service.node.doubt()?.reason === "clock_distrusted")
    await service.node.acceptTime(ground.opening.admin);
  return nothing;
};

export const ACTS: Readonly<Record<ActName, Act>> = {
  ask,
  "sign in with one factor": signIn("aal1"),
  "sign in with two factors": signIn("aal2"),
  "opt out": optOut,
  approve: byManager((service, caller, id) => service.optOuts.approve(caller, id, null), false),
  deny: byManager((service, caller, id) => service.optOuts.deny(caller, id, {}), true),
  suspend: byManager((service, caller, id) => service.optOuts.suspend(caller, id, {}), false),
  resume: byManager((service, caller, id) => service.optOuts.resume(caller, id), false),
  "narrow by a manager": byManager(
    (service, caller, id) =>
      service.optOuts.narrow(caller, id, null, {
        scope: { actions: ["get"], resources: ["route:/reports/a"] },
      }),
    false,
  ),
  review: byManager(
    (service, caller, id) => service.optOuts.review(caller, { optOut: id, answer: "keep" }),
    false,
  ),
  withdraw,
  revoke,
  renew,
  "end a session": endSession,
  lock,
  lift,
  "switch policy": switchPolicy,
  "forget somebody": forget,
  "rotate a key": rotate,
  "accept the time": acceptTime,
};
