import { canBeCleared, concernKindOf } from "../../signal/statement.ts";
import type { Policy, SignalRule } from "../revision.ts";
import {
  compareLimit,
  compareStepUp,
  textOfLength,
  textOfSet,
  textOfStepUp,
  type Verdict,
} from "./change.ts";
import type { Notes } from "./protection.ts";

/** To listen to more, to suspend more and to resume later is narrower. */
export function compareSignalRules(from: Policy, to: Policy, notes: Notes): void {
  const before = new Map(from.signals.map((rule) => [rule.name, rule]));
  const after = new Map(to.signals.map((rule) => [rule.name, rule]));
  for (const [name, rule] of before)
    if (!after.has(name))
      notes("SignalRule", name)(rule.mode === "enforce" ? "wider" : "neutral", null, name, null, rule.at);
  for (const [name, rule] of after) {
    const note = notes("SignalRule", name);
    const old = before.get(name);
    if (old === undefined) {
      note(rule.mode === "enforce" ? "narrower" : "neutral", null, null, name, rule.at);
      continue;
    }
    const say = (verdict: Verdict, field: string, a: string | null, b: string | null): void => {
      if (verdict !== undefined) note(verdict, field, a, b, rule.at);
    };
    if (old.mode !== rule.mode)
      say(
        old.mode === "enforce" ? "wider" : rule.mode === "enforce" ? "narrower" : "neutral",
        "mode",
        old.mode,
        rule.mode,
      );
    say(compareKinds(old, rule), "signals", textOfSet(old.kinds), textOfSet(rule.kinds));
    say(compareReach(old.from, rule.from), "from", textOf(old.from), textOf(rule.from));
    say(compareLevel(old, rule), "level", old.level, rule.level);
    say(compareCoverage(old, rule), "suspend", textOfCoverage(old), textOfCoverage(rule));
    say(compareEnds(old, rule), "endSessions", old.endSessions, rule.endSessions);
    compareResume(old, rule, say);
    if (old.owner !== rule.owner) say("neutral", "owner", old.owner, rule.owner);
  }
}

type Reach = ReadonlySet<string> | null;

/** Null is everything. */
function compareReach(from: Reach, to: Reach): Verdict {
  const covers = (one: Reach, other: Reach): boolean =>
    one === null || (other !== null && [...other].every((word) => one.has(word)));
  const [more, less] = [covers(to, from), covers(from, to)];
  if (more && less) return undefined;
  return more ? "narrower" : "wider";
}

/** One more kind that can say that all is well is one more way back for what is suspended. */
function compareKinds(from: SignalRule, to: SignalRule): Verdict {
  const clears = [...to.kinds].some((kind) => !from.kinds.has(kind) && canBeCleared(concernKindOf(kind)));
  return clears && from.covers !== null ? "wider" : compareReach(from.kinds, to.kinds);
}

const RANK = { low: 0, medium: 1, high: 2 } as const;

function compareLevel({ level: from }: SignalRule, { level: to }: SignalRule): Verdict {
  const [a, b] = [RANK[from ?? "medium"], RANK[to ?? "medium"]];
  return a === b ? undefined : b < a ? "narrower" : "wider";
}

function compareCoverage({ covers: from }: SignalRule, { covers: to }: SignalRule): Verdict {
  if (from === null || to === null) return from === to ? undefined : from === null ? "narrower" : "wider";
  const all = (one: typeof from): boolean => one.controls === null && one.offers === null;
  if (all(from) || all(to)) return all(from) && all(to) ? undefined : all(to) ? "narrower" : "wider";
  const set = (one: typeof from): Reach =>
    new Set([...(one.controls ?? []).map((name) => `control ${name}`), ...(one.offers ?? [])]);
  return compareReach(set(from), set(to));
}

function compareEnds({ endSessions: from }: SignalRule, { endSessions: to }: SignalRule): Verdict {
  const rank = (one: SignalRule["endSessions"]): number => (one === null ? 0 : one === "named" ? 1 : 2);
  const [a, b] = [rank(from), rank(to)];
  return a === b ? undefined : b > a ? "narrower" : "wider";
}

/** A way back that was not there is wider; a longer calm or a stronger proof is narrower. */
function compareResume(
  { resume: from }: SignalRule,
  { resume: to }: SignalRule,
  say: (verdict: Verdict, field: string, a: string | null, b: string | null) => void,
): void {
  const calm = (one: typeof from): string | null =>
    one.calm === null
      ? null
      : `${textOfLength(one.calm.length)} since ${one.calm.since ?? "cleared, where it can be"}`;
  if (calm(from) !== calm(to)) {
    const longer =
      from.calm !== null &&
      to.calm !== null &&
      from.calm.since === to.calm.since &&
      compareLimit(to.calm.length, from.calm.length) === "narrower";
    say(to.calm === null || longer ? "narrower" : "wider", "resume.calm", calm(from), calm(to));
  }
  const stepUp =
    from.stepUp === null || to.stepUp === null
      ? from.stepUp === to.stepUp
        ? undefined
        : to.stepUp === null
          ? "narrower"
          : "wider"
      : compareStepUp(from.stepUp, to.stepUp);
  say(stepUp, "resume.stepUp", textOfStepUp(from.stepUp), textOfStepUp(to.stepUp));
  if (from.person !== to.person)
    say(to.person ? "wider" : "narrower", "resume.person", String(from.person), String(to.person));
}

function textOf(names: Reach): string | null {
  return names === null ? null : textOfSet(names);
}

function textOfCoverage({ covers }: SignalRule): string | null {
  if (covers === null) return null;
  const { controls, offers } = covers;
  return controls === null && offers === null ? "all" : textOfSet([...(controls ?? []), ...(offers ?? [])]);
}
