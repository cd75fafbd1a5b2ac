import type { Policy, SignalRule } from "../policy/revision.ts";
import type { SignalId } from "../vocabulary/id.ts";
import { earlier, type Instant } from "../vocabulary/instant.ts";
import type { Concern, ResumeTerms } from "./concern.ts";
import type { SignalKind } from "./kind.ts";
import { canBeCleared, concernKindOf, SIGNAL_LEVELS, type Statement } from "./statement.ts";

/** A rule of policy that a signal falls under, and what the signal says of what the rule is about. */
export interface RuleMatch {
  readonly rule: SignalRule;
  /** Null: neither that something is amiss nor that all is well, such as a risk below what the rule is about. */
  readonly amiss: boolean | null;
}

/** The rules that listen to this source and kind. Observed ones too: they are recorded and nothing follows. */
export function rulesFor(
  { signals }: Pick<Policy, "signals">,
  source: string,
  said: Statement,
): readonly RuleMatch[] {
  const kind = concernKindOf(said.kind);
  return signals
    .filter(
      ({ kinds, from }) => (kinds.has(kind) || kinds.has(said.kind)) && (from === null || from.has(source)),
    )
    .map((rule) => ({ rule, amiss: isAmiss(rule, said) }));
}

function isAmiss({ level: least }: SignalRule, { level, amiss }: Statement): boolean | null {
  if (level === null) return amiss;
  if (SIGNAL_LEVELS.indexOf(level) >= SIGNAL_LEVELS.indexOf(least ?? "medium")) return true;
  // A risk that has fallen and is still there is no all-clear.
  return amiss ? null : false;
}

/** The terms as they stand for one kind of signal: without another word, calm counts from the all-clear that it can give. */
export function resumeTerms({ calm, stepUp, person }: SignalRule["resume"], kind: SignalKind): ResumeTerms {
  return {
    calm:
      calm === null
        ? null
        : { length: calm.length, since: calm.since ?? (canBeCleared(kind) ? "cleared" : "signal") },
    stepUp,
    person,
  };
}

/** One signal as it is weighed: from whom, when it happened by its source's time, and when it came by ours. */
export interface Heard {
  readonly id: SignalId;
  readonly source: string;
  readonly said: Statement;
  /** Of what in detail it speaks; see `Concern`. */
  readonly detail: string | null;
  readonly happenedAt: Instant;
  readonly since: Instant;
}

/** The concern that a match begins or renews; null: the rule suspends nothing. */
export function raised({ rule }: RuleMatch, heard: Heard): Concern | null {
  if (rule.covers === null) return null;
  const kind = concernKindOf(heard.said.kind);
  return {
    id: heard.id,
    source: heard.source,
    rule: rule.name,
    kind,
    detail: heard.detail,
    level: heard.said.level,
    at: heard.happenedAt,
    since: heard.since,
    clearedAt: null,
    clearedSince: null,
    covers: rule.covers,
    resume: resumeTerms(rule.resume, kind),
  };
}

/**
 * What the source's own all-clear makes of a concern: its calm begins, the rest of its terms stay. By a source whose
 * clock is ahead it happened when it came, or it would hide what happens until then.
 */
export function cleared(concern: Concern, { happenedAt, since }: Heard): Concern {
  return { ...concern, clearedAt: earlier(happenedAt, since), clearedSince: since };
}

/**
 * Whether a signal comes too late to say anything of a concern: its source has said something newer since. Of two that
 * happened at once, the one that narrows counts.
 */
export function isOutdated({ at, clearedAt }: Concern, happenedAt: Instant, amiss: boolean): boolean {
  const newest = clearedAt !== null && clearedAt > at ? clearedAt : at;
  return amiss ? happenedAt < newest : happenedAt <= newest;
}
