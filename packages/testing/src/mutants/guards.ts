/** A guard, the fragment of a source that is it, and what stands there without it. */
export interface Guard {
  readonly name: string;
  /** Below `packages/`. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** What looks at it: the simulation, or a check of its own where the guard is not among what nodes do. */
  readonly by: "simulation" | "forwarding";
  /** A world in which its absence showed, where that is rare: tried before the others. */
  readonly seed?: number;
}

const guard = (name: string, file: string, from: string, to: string, seed?: number): Guard => ({
  name,
  file,
  from,
  to,
  by: "simulation",
  ...(seed === undefined ? {} : { seed }),
});

const DECISIONS = "service/src/decisions/decisions.ts";
const WRITER = "service/src/record/writer.ts";
const WAIVER = "core/src/decision/waiver.ts";
const COMPOSE = "service/src/record/compose.ts";
const CLOCK = "service/src/clock/control-clock.ts";

export const GUARDS: readonly Guard[] = [
  guard(
    "record first: an honour waits for its entry",
    WRITER,
    "        honours.push({ pending, settle: resolve });\n",
    "        resolve({ ok: true, index: tip.size, position: honours.length, at: clock.now().latest });\n        honours.push({ pending, settle: () => undefined });\n",
  ),
  guard(
    "end: what has ended is not honoured",
    WAIVER,
    "  if (!hasEnded(optOut, latest)) return null;\n",
    "  if (latest > 0) return null;\n",
  ),
  guard(
    "lease: a node that confirmed nothing for too long honours nothing",
    CLOCK,
    'return elapsed > LEASE_MS || !anchor.leases ? { kind: "stale", elapsed } : null;',
    'return anchor.leases ? null : { kind: "stale", elapsed };',
  ),
  guard(
    "doubt: a node in doubt honours nothing",
    WAIVER,
    "  if (facts.doubt !== null) return facts.doubt;\n",
    "",
  ),
  guard(
    "late answers: what took too long to record is judged again",
    DECISIONS,
    "if (honoured.ok && stillStands(judged))",
    "if (honoured.ok)",
  ),
  guard(
    "self-approval: requester and holder are not approvers",
    "service/src/opt-outs/parts.ts",
    "  if (isOwn(caller, optOut) || isRequester(caller, optOut)) {\n",
    "  if (at < 0) {\n",
  ),
  guard(
    "choices: a grant waits for all approvals",
    "service/src/opt-outs/grant.ts",
    "  if (!approvalsOf(optOut, has.approvers, parts, state, at).complete) return { ok: true, value: null };\n",
    "",
  ),
  guard(
    "lost race: each honour is decided again on what others appended",
    COMPOSE,
    "if (inDoubt || !one.pending.still((id) => pendingUses.get(id) ?? 0)) {",
    "if (inDoubt) {",
  ),
  guard(
    "lost race: each command's preconditions are looked at again",
    COMPOSE,
    "const result = attempt(() => command.run(state, at, build.next()));",
    "const result = ((one as { kept?: Result<Draft<unknown>, Problem> }).kept ??= attempt(() => command.run(state, at, build.next())));",
  ),
  guard(
    "one batch: two commands that touch the same thing are not in one",
    COMPOSE,
    "if (touches.some((key) => touched.has(key))) {",
    "if (touches.length < 0) {",
  ),
  guard(
    "unknown outcome: a write without an answer is looked for",
    WRITER,
    'if (cause.persisted === "unknown" && id !== "" && (await foundOut(id))) return null;',
    'if (cause.persisted === "unknown") return null;',
  ),
  guard(
    "locks: a lock beats every opt-out",
    WAIVER,
    'return question.held.facts.locks.some((lock) => lockCovers(lock, optOut, question)) ? "locked" : null;',
    "return null;",
  ),
  guard(
    "uses: no more than the opt-out has",
    WAIVER,
    'return left(usesMax) && left(offered) ? null : "uses_spent";',
    "return left(-1) ? null : null;",
  ),
  guard(
    "uses: those of the same batch count",
    DECISIONS,
    "uses: (optOut) => (state.uses(optOut)?.used ?? 0) + pending(optOut),",
    "uses: (optOut) => state.uses(optOut)?.used ?? 0,",
  ),
  guard(
    "tampering: the rows are the set that the head accounts for",
    "service/src/projection/load.ts",
    'if (found[projection] !== (stated[projection] ?? "0".repeat(64)))',
    "if (found[projection] === null)",
  ),
  guard(
    "clock: a node whose clock jumped stamps no entry",
    COMPOSE,
    'const distrusted = clock.doubt()?.kind === "distrusted";',
    'const distrusted = clock.doubt()?.kind === "distrusted" && false;',
  ),
  guard(
    "in effect: every live node has come to the revocation",
    "service/src/node/membership.ts",
    "if (tip.size > entry && all.every((one) => one.self || one.size > entry || !one.live)) return now;",
    "if (all.length >= 0) return now;",
  ),
  guard(
    "cascade: the deletion of a person ends their sessions",
    "service/src/entities/entities.ts",
    '    events.push(...revocations(state.sessionsOf(entity.ref), by, "operator"));\n',
    '    events.push(...revocations(state.sessionsOf(entity.ref).slice(1), by, "operator"));\n',
  ),
  guard(
    "sessions: a revoked session does not count",
    "core/src/session/session.ts",
    "return session.revokedAt === null && latest < session.expiresAt;",
    "return latest < session.expiresAt;",
  ),
  guard(
    "sessions: a session ends at its end",
    "core/src/session/session.ts",
    "return session.revokedAt === null && latest < session.expiresAt;",
    "return session.revokedAt === null;",
  ),
  guard(
    "lost tail: what a node saw end stays ended in the new epoch",
    "service/src/node/epoch.ts",
    "      endings.revoked.has(id) ||\n",
    "",
  ),
  guard(
    "lost tail: nobody's session counts in the new epoch",
    "service/src/node/epoch.ts",
    "      ...sessions,\n",
    "",
  ),
  guard(
    "lost tail: no session counts until the loss is recorded",
    "service/src/node/epochs.ts",
    "    state.holdSessions(loss !== null);\n",
    "",
    47,
  ),
  guard(
    "lost tail: what is kept outside the database counts for a node that came up after it",
    "service/src/node/epochs.ts",
    "whole: !begunBehind && tip.size >= known",
    "whole: known >= 0",
    176,
  ),
  guard(
    "lost tail: a key that was lost with it wraps nothing any more",
    "service/src/node/reread.ts",
    "      keys.forgetAll();\n",
    "",
    233,
  ),
  guard(
    "clock: what a machine slept while it waited for an answer counts",
    CLOCK,
    "    ahead = Math.max(ahead, from.ahead + difference - least);\n",
    "",
  ),
  guard(
    "clock: what a machine slept after its clock was set back counts",
    CLOCK,
    "    least = Math.min(least, difference);\n",
    "",
    929,
  ),
  guard(
    "clock: an accepted loss is not stamped by a doubtful clock",
    "service/src/node/epochs.ts",
    "    clock.restart(tip.at, wall, asked);\n",
    "",
  ),
  guard(
    "reading anew: a node that has half of the log permits nothing",
    "service/src/node/reread.ts",
    "      revisions.forget();\n",
    "",
    958,
  ),
  {
    name: "forwarding: only a listed proxy's headers count",
    file: "server/src/gateway/client.ts",
    from: "  if (!trusted(peer)) {\n",
    to: "  if (peer.length === 0) {\n",
    by: "forwarding",
  },
];
