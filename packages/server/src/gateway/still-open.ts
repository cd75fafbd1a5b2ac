import type { Decision, SessionId } from "@postern/core";
import type { Answer, Question, Service, World } from "@postern/service";

/** How often every open exchange is asked about again, in milliseconds. */
const EVERY = 1_000;

/**
 * Exchanges that outlast their decision: streams, long downloads, WebSockets. Each is asked about again when
 * anything is withdrawn and every second, and ended when it would not be let through now.
 */
export interface StillOpen {
  add(question: Question, answer: Answer, end: () => void): () => void;
  close(): void;
}

interface Exchange {
  readonly question: Question;
  first: Decision;
  readonly end: () => void;
  recording: boolean;
  /** Whether others were asked about its session since it last stood. */
  asked: boolean;
}

export function createStillOpen(
  { decisions, sessions, node }: Pick<Service, "decisions" | "sessions" | "node">,
  world: Pick<World, "after">,
): StillOpen {
  const open = new Set<Exchange>();
  const look = (exchange: Exchange): void => {
    const session = exchange.question.session === null ? null : sessions.byId(exchange.question.session.id);
    const question = { ...exchange.question, session };
    const now = exchange.question.session === null || session !== null ? considered(question) : null;
    if (now !== null && stillStands(now, exchange.first)) {
      exchange.asked = false;
      if (restsOnMore(now, exchange.first)) record(exchange, question);
      return;
    }
    // Where it was let through for somebody, another node may know that they are there.
    if (session?.revokedAt === null && !exchange.asked) {
      exchange.asked = true;
      // This one alone: where many end at once, each of them would look at all others.
      const again = (): void => {
        if (open.has(exchange)) look(exchange);
      };
      decisions.timeouts(question).then(again, again);
      return;
    }
    open.delete(exchange);
    exchange.end();
  };
  const check = (alone: readonly SessionId[] | null = null): void => {
    const changed = alone === null ? null : new Set<string>(alone);
    for (const exchange of open)
      if (changed === null || changed.has(exchange.question.session?.id ?? "")) look(exchange);
  };
  const considered = (question: Question): Decision | null => {
    try {
      return decisions.consider(question).decision;
    } catch {
      return null;
    }
  };
  /** What goes on by an opt-out from now on is decided and recorded once more (Law 4), or ends. */
  const record = (exchange: Exchange, question: Question): void => {
    if (exchange.recording) return;
    exchange.recording = true;
    Promise.resolve(decisions.decide(question))
      .then(({ decision }) => {
        exchange.recording = false;
        if (stillStands(decision, exchange.first)) exchange.first = decision;
        else throw new Error("it is not let through any more");
      })
      .catch(() => {
        if (open.delete(exchange)) exchange.end();
      });
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
      const exchange = { question, first: answer.decision, end, asked: false, recording: false };
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

/** Whether an opt-out carries it that did not at its start. */
function restsOnMore(now: Decision, first: Decision): boolean {
  return now.waived.some(({ optOut }) => !first.waived.some((one) => one.optOut === optOut));
}
