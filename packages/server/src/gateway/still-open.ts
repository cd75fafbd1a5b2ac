import type { Decision } from "@postern/core";
import type { Answer, Question, Service, World } from "@postern/service";

/** How often every open exchange is asked about again, in milliseconds. */
const EVERY = 5_000;

/**
 * Exchanges that outlast their decision: streams, long downloads, WebSockets. Each is asked about again when
 * anything is withdrawn and every few seconds, and ended when it would not be let through now.
 */
export interface StillOpen {
  add(question: Question, answer: Answer, end: () => void): () => void;
  close(): void;
}

export function createStillOpen(
  { decisions, sessions, node }: Pick<Service, "decisions" | "sessions" | "node">,
  world: Pick<World, "after">,
): StillOpen {
  const open = new Set<{ readonly question: Question; readonly first: Decision; readonly end: () => void }>();
  const check = (): void => {
    for (const exchange of open) {
      const { question, first } = exchange;
      const session = question.session === null ? null : sessions.byId(question.session.id);
      let stands = false;
      try {
        const known = question.session === null || session !== null;
        stands = known && stillStands(decisions.consider({ ...question, session }).decision, first);
      } catch {
        stands = false;
      }
      if (stands) continue;
      open.delete(exchange);
      exchange.end();
    }
  };
  const stopWatching = node.onChange(check);
  let cancel: () => void = () => {};
  const rounds = (): void => {
    cancel = world.after(EVERY, () => {
      check();
      rounds();
    });
  };
  rounds();
  return {
    add(question, answer, end) {
      const exchange = { question, first: answer.decision, end };
      open.add(exchange);
      return () => open.delete(exchange);
    },
    close() {
      cancel();
      stopWatching();
      for (const { end } of open) end();
      open.clear();
    },
  };
}

/**
 * What was let through goes on until something of it is withdrawn or ends. That a sign-in has become less
 * fresh, or that this very exchange spent the last use, does not end it: both were asked for at its start.
 */
function stillStands(now: Decision, first: Decision): boolean {
  if (now.outcome === "permit" || now.outcome === "honour") return true;
  if (now.outcome === "deny" || now.unmet.length === 0) return false;
  const spent = first.waived.filter(({ optOut }) =>
    now.notHonoured.some(
      (one) => one.optOut === optOut && (one.reason === "uses_spent" || one.reason === "budget_spent"),
    ),
  );
  return now.unmet.every(
    ({ requirement, reason }) =>
      reason === "authentication_too_old" ||
      ("control" in requirement &&
        spent.some((waived) => waived.requirement.control === requirement.control)),
  );
}
