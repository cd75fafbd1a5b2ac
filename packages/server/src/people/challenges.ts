import { challengesPage, notMePage, type ShownChallenge } from "@postern/console";
import { isId, type MarkedAs } from "@postern/core";
import type { Acting } from "./acts.ts";
import { goTo, showNotice, showPage } from "./exchange.ts";
import { FACTORS } from "./factors.ts";
import { refused } from "./refused.ts";
import type { Showing } from "./showing.ts";
import { CHALLENGES, formKey } from "./view.ts";

const NOT_ME = `${CHALLENGES}/not-me`;
const SIGNED_OUT = `${CHALLENGES}/signed-out`;
const SIGN_OUT = `${CHALLENGES}/sign-out-elsewhere`;
/** Sessions that one look at them tells. */
const PAGE = 200;

export type ChallengeRoute =
  | { readonly kind: "challenges"; readonly page: "list" | "not-me" | "signed-out" }
  | { readonly kind: "challenge-act"; readonly act: "sign-out" }
  | { readonly kind: "challenge-act"; readonly act: "mark"; readonly id: string; readonly as: MarkedAs };

export function challengeRouteOf(path: string): ChallengeRoute | null {
  if (path === CHALLENGES || path === `${CHALLENGES}/`) return { kind: "challenges", page: "list" };
  if (path === NOT_ME) return { kind: "challenges", page: "not-me" };
  if (path === SIGNED_OUT) return { kind: "challenges", page: "signed-out" };
  if (path === SIGN_OUT) return { kind: "challenge-act", act: "sign-out" };
  const [, id, as] = /^\/me\/challenges\/(dec_[0-9a-z]{26})\/(unneeded|right)$/.exec(path) ?? [];
  return id !== undefined && isId("dec", id) && (as === "unneeded" || as === "right")
    ? { kind: "challenge-act", act: "mark", id, as }
    : null;
}

/** The steps that a person was lately asked for. No address names a person, so nobody can ask for another's. */
export async function showChallenges(
  { exchange, visit, wiring }: Showing,
  page: Extract<ChallengeRoute, { readonly kind: "challenges" }>["page"],
): Promise<void> {
  const { messages, shell } = exchange;
  if (page === "signed-out")
    return showNotice(exchange, 200, messages.challenges.signedOut, [
      { href: CHALLENGES, label: messages.challenges.open },
    ]);
  if (page === "not-me") {
    const here = wiring.service.factors !== null && visit.session.methods !== undefined;
    const signOut = formKey(visit, SIGN_OUT);
    return showPage(
      exchange,
      200,
      notMePage(shell, { signOut, factors: here ? FACTORS : null, back: CHALLENGES }),
    );
  }
  const found = await wiring.service.marks.recent(visit.session);
  const challenges = found.map(
    ({ decision, at, resource, marked, proved }): ShownChallenge => ({
      id: decision,
      at: Date.parse(at),
      resource: `${resource.type}:${resource.id}`,
      marked,
      proved,
    }),
  );
  const body = challengesPage(shell, {
    now: wiring.world.wall(),
    challenges,
    form: ({ id }, as) => formKey(visit, `${CHALLENGES}/${id}/${as}`),
    confirm: `/me/confirm?return=${encodeURIComponent(CHALLENGES)}`,
  });
  showPage(exchange, 200, body);
}

export async function changeChallenge(
  acting: Acting,
  route: Extract<ChallengeRoute, { readonly kind: "challenge-act" }>,
): Promise<void> {
  const { exchange, visit, wiring } = acting;
  if (route.act === "sign-out") return await signOutElsewhere(acting);
  const caller = { kind: "session", session: visit.session } as const;
  const { id, as } = route;
  const marked = await wiring.service.marks.decision(caller, id, { as, mayTell: () => true });
  if (!marked.ok) return refused(exchange, marked.refusal, CHALLENGES);
  goTo(exchange, as === "right" ? NOT_ME : CHALLENGES);
}

/** Ends every session of the person but the one that they speak in. */
async function signOutElsewhere({ exchange, visit, wiring }: Acting): Promise<void> {
  const { sessions } = wiring.service;
  const caller = { kind: "session", session: visit.session } as const;
  let cursor: string | null = null;
  do {
    const page = await sessions.list(caller, { limit: PAGE, ...(cursor === null ? {} : { cursor }) });
    if (!page.ok) return refused(exchange, page.refusal, NOT_ME);
    const others = page.value.items.filter(({ id, state }) => id !== visit.session.id && state === "live");
    const ended = await Promise.all(others.map(({ id }) => sessions.revoke(caller, id)));
    const failed = ended.find((one) => !one.ok);
    if (failed !== undefined && !failed.ok) return refused(exchange, failed.refusal, NOT_ME);
    cursor = page.value.next;
  } while (cursor !== null);
  goTo(exchange, SIGNED_OUT);
}
