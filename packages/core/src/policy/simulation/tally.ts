import type { Outcome } from "../../decision/decision.ts";
import type { DecisionRequest } from "../../decision/request.ts";
import type { Assurance } from "../../vocabulary/assurance.ts";
import type { ControlId } from "../../vocabulary/control.ts";
import { entityKey } from "../../vocabulary/entity.ts";
import { type RiskLevel, riskier } from "../../vocabulary/risk-level.ts";
import { routeTemplate, templateText } from "../route-template.ts";
import { type Answered, type Compared, compareAnswers, type Effect, widens } from "./compared.ts";
import { byRisk } from "./riskiest.ts";

/** One recorded decision and what a candidate makes of it. */
export interface Replayed {
  readonly id: string;
  readonly request: Pick<DecisionRequest, "subject" | "action" | "resource">;
  readonly before: Answered;
  readonly after: Answered;
}

/** How many answers went from one outcome to another. */
export type OutcomeMatrix = Readonly<Record<Outcome, Readonly<Record<Outcome, number>>>>;

/** Decisions to which the same happened: the same effect on the same action and resources, by the same offers. */
export interface ChangedGroup {
  readonly effect: Effect;
  readonly controls: readonly ControlId[];
  readonly action: string;
  /** A template: what looks like an id is folded. */
  readonly resource: string;
  readonly offers: readonly string[];
  readonly before: Outcome;
  readonly after: Outcome;
  readonly sensitive: boolean;
  /** What was asked for before. */
  readonly assurance: Assurance;
  /** The highest level that was met. */
  readonly risk: RiskLevel;
  readonly decisions: number;
  /** Different subjects; a lower bound where `peopleAtLeast`. Visitors count as one. */
  readonly people: number;
  readonly peopleAtLeast: boolean;
  /** Some of them, as `type:id`; null: a visitor. */
  readonly subjects: readonly (string | null)[];
  /** Ids of decisions to look at. */
  readonly examples: readonly string[];
}

/** A bounded list, the riskiest first, with what it is a part of. */
export interface ChangedGroups {
  readonly decisions: number;
  readonly people: number;
  readonly peopleAtLeast: boolean;
  readonly groups: readonly ChangedGroup[];
  /** Groups in all; `more` decisions fell into groups that there was no room to keep apart. */
  readonly total: number;
  readonly more: number;
}

export interface BlastRadius {
  readonly decisions: number;
  readonly changed: number;
  readonly matrix: OutcomeMatrix;
  /** Who newly would not face a control. */
  readonly unprotected: ChangedGroups;
  /** Who newly would be asked for more. */
  readonly asked: ChangedGroups;
  readonly refused: ChangedGroups;
  /** Answers that no enforced Protection has a part in, and one had before. */
  readonly ungoverned: number;
}

export interface Tally {
  /** Takes one in; the answer is what the candidate does to it. */
  add(replayed: Replayed): Compared;
  decisions(): number;
  changed(): number;
  unprotected(): number;
  report(limit: number): BlastRadius;
}

/** Groups that are kept apart, and subjects that are told apart: a simulation of anything stays within memory. */
const MOST_GROUPS = 1_000;
const MOST_PEOPLE = 100_000;
const MOST_MEMBERS = 400_000;
const SHOWN = 5;

const OUTCOMES: readonly Outcome[] = ["permit", "honour", "challenge", "deny"];

type Bucket = "unprotected" | "asked" | "refused";

type Growing = { -readonly [Key in keyof ChangedGroup]: ChangedGroup[Key] } & {
  readonly members: Set<number>;
  readonly subjects: (string | null)[];
  readonly examples: string[];
};

export function tally(): Tally {
  const matrix = Object.fromEntries(
    OUTCOMES.map((from) => [from, Object.fromEntries(OUTCOMES.map((to) => [to, 0]))]),
  ) as Record<Outcome, Record<Outcome, number>>;
  const people = new Map<string, number>();
  const kept: Record<Bucket, Map<string, Growing>> = {
    unprotected: new Map(),
    asked: new Map(),
    refused: new Map(),
  };
  const counts: Record<Bucket, { decisions: number; more: number; readonly members: Set<number> }> = {
    unprotected: { decisions: 0, more: 0, members: new Set() },
    asked: { decisions: 0, more: 0, members: new Set() },
    refused: { decisions: 0, more: 0, members: new Set() },
  };
  let decisions = 0;
  let changed = 0;
  let ungoverned = 0;
  let members = 0;

  /** A number for a subject; null: there are too many to tell apart. */
  const personOf = (subject: DecisionRequest["subject"]): number | null => {
    const key = subject === null ? "" : entityKey(subject);
    const known = people.get(key);
    if (known !== undefined) return known;
    if (people.size >= MOST_PEOPLE) return null;
    people.set(key, people.size);
    return people.size - 1;
  };

  function grow(bucket: Bucket, one: Replayed, compared: Compared): void {
    const { request, before, after } = one;
    const count = counts[bucket];
    count.decisions += 1;
    const person = personOf(request.subject);
    if (person !== null) count.members.add(person);
    const resource = templateText(
      request.resource.type,
      request.resource.segments === null ? ["*"] : routeTemplate(request.resource.segments),
    );
    const key = JSON.stringify([
      compared.effect,
      before.outcome,
      after.outcome,
      request.action.slice(0, 128),
      resource,
      compared.controls,
      compared.offers,
      before.sensitive,
      before.assurance,
    ]);
    let group = kept[bucket].get(key);
    if (group === undefined) {
      if (kept[bucket].size >= MOST_GROUPS) {
        count.more += 1;
        return;
      }
      group = {
        effect: compared.effect,
        controls: compared.controls,
        action: request.action.slice(0, 128),
        resource,
        offers: compared.offers,
        before: before.outcome,
        after: after.outcome,
        sensitive: before.sensitive,
        assurance: before.assurance,
        risk: before.risk,
        decisions: 0,
        people: 0,
        peopleAtLeast: false,
        subjects: [],
        examples: [],
        members: new Set(),
      };
      kept[bucket].set(key, group);
    }
    group.decisions += 1;
    group.risk = riskier(group.risk, before.risk);
    if (group.examples.length < SHOWN) group.examples.push(one.id);
    if (person === null || (members >= MOST_MEMBERS && !group.members.has(person))) {
      group.peopleAtLeast = true;
      return;
    }
    if (group.members.has(person)) return;
    members += 1;
    group.members.add(person);
    group.people = group.members.size;
    if (group.subjects.length < SHOWN)
      group.subjects.push(request.subject === null ? null : entityKey(request.subject));
  }

  const groupsOf = (bucket: Bucket, limit: number): ChangedGroups => {
    const all = [...kept[bucket].values()].sort(byRisk);
    const count = counts[bucket];
    return {
      decisions: count.decisions,
      people: count.members.size,
      peopleAtLeast: people.size >= MOST_PEOPLE,
      groups: all.slice(0, limit).map(({ members: _, ...group }) => ({
        ...group,
        subjects: [...group.subjects],
        examples: [...group.examples],
      })),
      total: all.length,
      more: count.more,
    };
  };

  return {
    add(one) {
      const compared = compareAnswers(one.before, one.after);
      decisions += 1;
      matrix[one.before.outcome][one.after.outcome] += 1;
      if (one.before.governed && !one.after.governed) ungoverned += 1;
      if (compared.effect === "same") return compared;
      changed += 1;
      grow(
        widens(compared.effect) ? "unprotected" : compared.effect === "refused" ? "refused" : "asked",
        one,
        compared,
      );
      return compared;
    },
    decisions: () => decisions,
    changed: () => changed,
    unprotected: () => counts.unprotected.decisions,
    report: (limit) => ({
      decisions,
      changed,
      matrix: structureOf(matrix),
      unprotected: groupsOf("unprotected", limit),
      asked: groupsOf("asked", limit),
      refused: groupsOf("refused", limit),
      ungoverned,
    }),
  };
}

function structureOf(matrix: Record<Outcome, Record<Outcome, number>>): OutcomeMatrix {
  return {
    permit: { ...matrix.permit },
    honour: { ...matrix.honour },
    challenge: { ...matrix.challenge },
    deny: { ...matrix.deny },
  };
}
