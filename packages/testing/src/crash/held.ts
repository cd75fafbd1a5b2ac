import type { Caller } from "@postern/service";
import type { OpenNode } from "./ground.ts";
import { reportsQuestion } from "./load.ts";
import type { Told } from "./told.ts";

/** What was acknowledged and is not so, one sentence each. Records nothing. */
export async function broken(
  node: OpenNode,
  admin: Caller,
  told: readonly Told[],
): Promise<readonly string[]> {
  const { service, store } = node;
  const faults: string[] = [];
  const of = <Kind extends Told["kind"]>(kind: Kind): readonly Extract<Told, { readonly kind: Kind }>[] =>
    told.filter((one): one is Extract<Told, { readonly kind: Kind }> => one.kind === kind);

  for (const { detail } of of("broken")) faults.push(detail);

  const revoked = new Set(of("revoked").map(({ optOut }) => optOut));
  const revoking = new Set(of("revoking").map(({ optOut }) => optOut));
  for (const { optOut } of of("granted")) {
    const found = await service.optOuts.get(admin, optOut, {});
    const state = found.ok ? found.value.state : "gone";
    if (
      revoked.has(optOut)
        ? state !== "revoked"
        : state !== "active" && !(state === "revoked" && revoking.has(optOut))
    )
      faults.push(
        `the opt-out \`${optOut}\` was acknowledged as ${revoked.has(optOut) ? "revoked" : "active"} and is ${state}`,
      );
  }
  for (const { optOut, session } of of("revoked")) {
    if (service.decisions.consider(reportsQuestion(service, session)).decision.outcome === "honour")
      faults.push(`the opt-out \`${optOut}\` was acknowledged as revoked and would be honoured`);
  }

  for (const { decision, index, position, optOut } of of("honoured")) {
    const [entry] = await store.entries(index, index + 1);
    const honours = entry?.body == null ? [] : honoursOf(entry.body);
    const honour = honours[position];
    if (honour?.decision !== decision || !honour.optOuts.includes(optOut))
      faults.push(`the honour \`${decision}\` does not stand at entry ${index}, position ${position}`);
  }

  const ended = new Set(of("session-ended").map(({ session }) => session));
  const ending = new Set(of("ending-session").map(({ session }) => session));
  for (const { session, acr } of of("session")) {
    const found = service.sessions.byId(session);
    if (found === null || found.acr !== acr) faults.push(`the session \`${session}\` is gone or another`);
    else if (ended.has(session) && found.revokedAt === null)
      faults.push(`the session \`${session}\` has come back`);
    else if (!ending.has(session) && found.revokedAt !== null)
      faults.push(`the session \`${session}\` ended by itself`);
  }

  const locks = new Map<string, string>();
  for (let cursor: string | null = ""; cursor !== null; ) {
    const page = await service.locks.list(admin, { limit: 500, ...(cursor === "" ? {} : { cursor }) });
    if (!page.ok) throw new Error(page.refusal.detail);
    for (const { id, state } of page.value.items) locks.set(id, state);
    cursor = page.value.next;
  }
  const lifted = new Set(of("lifted").map(({ lock }) => lock));
  const lifting = new Set(of("lifting").map(({ lock }) => lock));
  for (const { lock } of of("locked")) {
    const state = locks.get(lock) ?? "gone";
    if (
      lifted.has(lock) ? state !== "lifted" : state !== "holds" && !(state === "lifted" && lifting.has(lock))
    )
      faults.push(
        `the lock \`${lock}\` was acknowledged as ${lifted.has(lock) ? "lifted" : "placed"} and is ${state}`,
      );
  }

  const visits = new Map(of("entity").map(({ person, visits: seen }) => [person, seen]));
  for (const [person, seen] of visits) {
    const found = await service.entities.get(admin, { type: "user", id: person });
    if (!found.ok || !(Number(found.value.attributes.visits) >= seen))
      faults.push(`what was recorded of \`${person}\` is gone or older than was acknowledged`);
  }
  return faults;
}

function honoursOf(
  body: string,
): readonly { readonly decision: string; readonly optOuts: readonly string[] }[] {
  const { type, data } = JSON.parse(body) as {
    readonly type: string;
    readonly data: {
      readonly honours?: readonly { readonly decision: string; readonly optOuts: readonly string[] }[];
    };
  };
  return type === "decision.honoured" ? (data.honours ?? []) : [];
}
