import type { Decision } from "@postern/core";
import type { Answer, Question, Service } from "@postern/service";
import type { Ground, SimulatedNode } from "./ground.ts";
import { MOST_DRIFT } from "./machine.ts";
import { type Judgement, judge } from "./model.ts";

/** The staleness that is promised: a node that confirmed nothing for so long honours nothing. */
export const LEASE_MS = 5_000;
const LEASE_WITH_DRIFT: number = LEASE_MS * (1 + 2 * MOST_DRIFT) + 2;
/** What a drifting clock may be behind between two confirmations, and a rounding. */
const BEHIND_MS: number = LEASE_MS * 2 * MOST_DRIFT + 3;
/** How far the earliest and the latest possible instant of a node may lie apart. */
const UNSURE_MS = 10_000;

const DOUBTS: ReadonlySet<string> = new Set([
  "node_stale",
  "clock_distrusted",
  "database_stale",
  "row_tampered",
  "recording_unavailable",
]);

export function questionOf(service: Service, session: string, path: string): Question {
  return {
    subject: null,
    action: { name: "get" },
    resource: { type: "route", id: path },
    session: service.sessions.byId(session),
    askedBy: "simulation",
  };
}

/** Holds an answer to what a serial reader of the log would have said in the node's place. */
export function judgeAnswer(
  ground: Ground,
  node: SimulatedNode,
  asked: { readonly session: string; readonly path: string },
  answer: Answer,
): void {
  const { rules } = ground;
  const model = ground.follow(node);
  const verdict = judge(model, { ...asked, at: answer.at });
  const here = `${node.name}, ${answer.id} for ${asked.session} at ${asked.path}`;
  switch (answer.decision.outcome) {
    case "permit":
      rules.check(
        "no false permit",
        verdict.outcome === "permit",
        () => `${here}: permit where the log says ${verdict.outcome}; ${told(node)}`,
      );
      return;
    case "honour": {
      const recorded = ground.truth.decisions.get(answer.id);
      const { entry } = answer;
      rules.check(
        "recorded first",
        ground.lostDecisions.has(answer.id) ||
          (entry !== null && recorded?.index === entry.index && recorded.position === entry.position),
        () =>
          `${here}: honoured with ${entry === null ? "no entry" : `entry ${entry.index}`}, and the log has ${recorded?.index ?? "none"}`,
      );
      honours(ground, node, model, asked.session, answer.decision, here);
      return;
    }
    default:
      refuses(ground, node, model, asked.session, answer.decision, verdict, answer.at, here);
  }
}

/** The same for what a node would say, without recording it: asked of every node after every step. */
export function judgeConsidered(ground: Ground, node: SimulatedNode, session: string, path: string): void {
  const { service } = node;
  if (service === null || node.machine.frozen()) return;
  const model = ground.follow(node);
  const { decision } = service.decisions.consider(questionOf(service, session, path));
  const at = Date.parse(service.node.status().time);
  const verdict = judge(model, { session, path, at });
  const here = `${node.name}, considering ${session} at ${path}`;
  const { rules } = ground;
  rules.check(
    "revoked stays revoked",
    !node.sawSessionsEnd.has(session) || (decision.outcome !== "permit" && decision.outcome !== "honour"),
    () => `${here}: ${decision.outcome} in a session that it had seen end`,
  );
  if (decision.outcome === "permit")
    rules.check(
      "no false permit",
      verdict.outcome === "permit",
      () => `${here}: permit where the log says ${verdict.outcome}; ${told(node)}`,
    );
  else if (decision.outcome === "honour") {
    const used = decision.waived.map(({ optOut }) => optOut);
    rules.check(
      "no false honour",
      verdict.outcome === "honour" && used.every((id) => verdict.usable.has(id)),
      () => `${here}: would honour \`${used.join()}\` where the log says ${verdict.outcome}`,
    );
    for (const id of used)
      rules.check(
        "revoked stays revoked",
        model.optOuts.get(id)?.standing === "granted",
        () => `${here}: would honour \`${id}\`, which is ${model.optOuts.get(id)?.standing}`,
      );
    const behind = ground.db.now() - at;
    if (ground.time.now() >= ground.unsureUntil)
      rules.check(
        "expiry is arithmetic",
        behind <= BEHIND_MS,
        () => `${here}: decided for ${at}, when it was ${behind} ms later`,
      );
    honours(ground, node, model, session, decision, here);
  } else refuses(ground, node, model, session, decision, verdict, at, here);
}

function honours(
  ground: Ground,
  node: SimulatedNode,
  model: SimulatedNode["model"],
  session: string,
  decision: Decision,
  here: string,
): void {
  const { rules, time } = ground;
  const since = time.now() - node.confirmed;
  rules.check(
    "nothing honoured past the lease",
    since <= LEASE_WITH_DRIFT,
    () => `${here}: honoured ${Math.round(since)} ms after the head was last confirmed`,
  );
  const doubt = node.service?.node.doubt() ?? null;
  rules.check(
    "nothing honoured in doubt",
    doubt === null,
    () => `${here}: honoured although ${doubt?.detail}`,
  );
  if (time.now() < ground.unsureUntil) return;
  const now = ground.db.now() - BEHIND_MS;
  const ends = [
    model.sessions.get(session)?.expiresAt,
    ...decision.waived.map(({ optOut }) => model.optOuts.get(optOut)?.expiresAt),
  ];
  for (const end of ends)
    rules.check(
      "expiry is arithmetic",
      end !== undefined && now < end,
      () => `${here}: honoured at ${now}, which is past the end ${end}`,
    );
  for (const { optOut } of decision.waived)
    rules.check(
      "no honour after in effect",
      !ground.inEffect.has(optOut),
      () => `${here}: \`${optOut}\` was honoured after its end was answered to be in effect`,
    );
}

function refuses(
  ground: Ground,
  node: SimulatedNode,
  model: SimulatedNode["model"],
  session: string,
  decision: Decision,
  verdict: Judgement,
  at: number,
  here: string,
): void {
  const { rules } = ground;
  if (node.stranded || node.service === null) return;
  const raised = node.service.node.status().findings.length > 0;
  const doubt = node.service.node.doubt();
  // Without a clock that is believed no session counts, whatever else is in doubt.
  const lost = doubt !== null && node.service.sessions.byId(session) === null;
  const halted = lost || doubt?.reason === "recording_unavailable";
  if (verdict.outcome === "permit")
    rules.check(
      "no false refusal",
      raised || halted,
      () =>
        `${here}: ${decision.outcome} (${decision.unmet.map(({ reason }) => reason).join()}) where the log says permit; ${told(node)}`,
    );
  if (verdict.outcome !== "honour") return;
  const reasons = decision.notHonoured.filter(({ optOut }) => verdict.usable.has(optOut));
  const uncertain = (optOut: string, reason: string): boolean => {
    if (DOUBTS.has(reason)) return true;
    const known = model.optOuts.get(optOut);
    if (reason === "not_started") return known !== undefined && at - known.startsAt < UNSURE_MS;
    return (
      reason === "locked" &&
      [...model.locks.values()].some(({ until }) => until !== null && Math.abs(at - until) < UNSURE_MS)
    );
  };
  rules.check(
    "no false refusal",
    raised ||
      halted ||
      (reasons.length > 0 && reasons.every(({ optOut, reason }) => uncertain(optOut, reason))),
    () =>
      `${here}: ${decision.outcome} (${reasons.map(({ reason }) => reason).join() || "no reason"}) where the log says honour; ${told(node)}`,
  );
}

/** What a node says of itself, beside a violation. */
function told({ service, model, stranded }: SimulatedNode): string {
  const { size, epoch, doubt, findings } = service?.node.status() ?? {};
  return JSON.stringify({
    size,
    epoch,
    doubt,
    findings,
    model: { size: model.size, epoch: model.epoch },
    stranded,
  });
}
