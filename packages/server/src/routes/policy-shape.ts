import { type TSchema, Type } from "typebox";

const Count = Type.Integer({ minimum: 0 });
const MaybeText = Type.Union([Type.String(), Type.Null()]);
const oneOf = (...texts: readonly string[]): TSchema => Type.Union(texts.map((text) => Type.Literal(text)));

const Outcome = oneOf("permit", "honour", "challenge", "deny");
const Effect = oneOf("let-through", "waived", "asked-less", "can-be-met", "asked", "refused");
const row = Type.Object({ permit: Count, honour: Count, challenge: Count, deny: Count });

const Groups = Type.Object({
  decisions: Count,
  people: Type.Integer({ description: "different subjects; visitors count as one" }),
  peopleAtLeast: Type.Boolean({ description: "there may be more people" }),
  groups: Type.Array(
    Type.Object({
      effect: Effect,
      controls: Type.Array(Type.String()),
      action: Type.String(),
      resource: Type.String({ description: "a template: what looks like an id is folded to `*`" }),
      offers: Type.Array(Type.String()),
      before: Outcome,
      after: Outcome,
      sensitive: Type.Boolean(),
      assurance: oneOf("none", "aal1", "aal2", "aal3"),
      risk: oneOf("low", "medium", "high", "unknown"),
      decisions: Count,
      people: Count,
      peopleAtLeast: Type.Boolean(),
      subjects: Type.Array(MaybeText, { description: "some of them, `type:id`; null: a visitor" }),
      examples: Type.Array(Type.String(), { description: "decisions to look at" }),
    }),
    { description: "the riskiest first; bounded; none for a token that is bound to resources" },
  ),
  total: Type.Integer({ description: "groups in all" }),
  more: Type.Integer({ description: "decisions that there was no room to group" }),
});

const BLAST = {
  decisions: Count,
  changed: Count,
  matrix: Type.Object(
    { permit: row, honour: row, challenge: row, deny: row },
    { description: "from the old outcome to the new one" },
  ),
  unprotected: Groups,
  asked: Groups,
  refused: Groups,
  ungoverned: Type.Integer({ description: "governed before, and by nothing after" }),
};

const Report = Type.Object({
  ...BLAST,
  revision: MaybeText,
  active: MaybeText,
  facts: oneOf("recorded", "now"),
  since: Type.String(),
  until: Type.String(),
  ended: oneOf("all", "limit", "time"),
  reached: MaybeText,
  notReplayed: Type.Array(
    Type.Object({ reason: oneOf("key_gone", "revision_gone", "not_reproduced", "not_yours"), count: Count }),
  ),
  madeOn: Type.Array(Type.Object({ revision: Type.String(), decisions: Count })),
  file: Type.Union([
    Type.Null(),
    Type.Object({
      lines: Count,
      leftOut: Count,
      named: Type.Array(
        Type.Object({ line: Type.Integer(), reason: oneOf("unreadable", "not_ours", "twice") }),
      ),
      whole: Type.Boolean({ description: "the end of the export was reached" }),
    }),
  ]),
  risk: Type.Object({
    scoredAnew: Count,
    asRecorded: Type.Array(
      Type.Object({ what: oneOf("model", "networks", "required", "signals"), decisions: Count }),
    ),
  }),
  optOuts: Type.Object({
    live: Count,
    ends: Count,
    noLongerMatch: Count,
    reachMore: Count,
    groups: Type.Array(
      Type.Object({
        fate: oneOf("ends", "no-longer-matches", "reaches-more"),
        offer: Type.String(),
        reason: MaybeText,
        wider: Type.Array(Type.String()),
        optOuts: Count,
        examples: Type.Array(Type.String()),
      }),
    ),
  }),
  wider: Type.Array(Type.String(), { description: "what cannot be proved to be no wider; bounded" }),
  widerTotal: Count,
  widens: Type.Boolean(),
  milliseconds: Count,
});

const event = (name: string): TSchema => Type.Literal(name);

const SimulationLine: TSchema = Type.Union([
  Type.Object({
    event: event("started"),
    facts: oneOf("recorded", "now"),
    since: Type.String(),
    until: Type.String(),
  }),
  Type.Object({
    event: event("found"),
    decision: Type.String(),
    effect: Effect,
    before: Outcome,
    after: Outcome,
    subject: MaybeText,
    action: Type.String(),
    resource: Type.String(),
  }),
  Type.Object({
    event: event("progress"),
    decisions: Count,
    changed: Count,
    unprotected: Count,
    done: Type.Number({ minimum: 0, maximum: 1 }),
  }),
  Type.Object({ event: event("report"), report: Report }),
]);

const ExportedLine: TSchema = Type.Union([
  Type.Object({
    format: event("postern.decision.1"),
    id: Type.String(),
    at: Type.String(),
    outcome: Outcome,
    subject: Type.Union([Type.Object({ type: Type.String(), id: Type.String() }), Type.Null()]),
    action: Type.String(),
    resource: Type.Object({ type: Type.String(), id: Type.String() }),
    revision: Type.String(),
    key: Type.String({ description: "whose key it is sealed under" }),
    sealed: Type.String({ description: "what the decision rested on; base64url" }),
  }),
  Type.Object({
    format: event("postern.decision.1"),
    end: Type.Object({
      decisions: Count,
      unread: Type.Integer({ description: "what could not be read any more" }),
      ended: oneOf("all", "limit", "time"),
    }),
  }),
]);

/** JSON lines, each of one of these shapes. */
interface LinesAnswer {
  readonly description: string;
  readonly content: { readonly "application/jsonl": { readonly schema: TSchema } };
}

const lines = (description: string, schema: TSchema): LinesAnswer => ({
  description,
  content: { "application/jsonl": { schema } },
});

export const SIMULATION_LINES: LinesAnswer = lines(
  "one event a line, the report last; an answer without it broke off",
  SimulationLine,
);
export const EXPORTED_LINES: LinesAnswer = lines(
  "one decision a line, newest first; the last line says that it is whole",
  ExportedLine,
);

export const ObservationAnswer: TSchema = Type.Object({
  revision: Type.String(),
  startedAt: Type.String(),
  until: Type.String(),
  state: oneOf("observing", "ended"),
  compared: Count,
  notCompared: Type.Integer({ description: "decisions that came too fast to be compared" }),
  blast: Type.Object(BLAST),
});

export const ObservationEnded: TSchema = Type.Object({
  revision: Type.String(),
  until: Type.String(),
  state: oneOf("observing", "ended"),
});

export const PolicyStatusAnswer: TSchema = Type.Object({
  active: MaybeText,
  observed: Type.Array(
    Type.Object({
      kind: oneOf("Protection", "Offer"),
      name: Type.String(),
      owner: Type.String(),
      mode: oneOf("observe", "warn"),
      observeUntil: MaybeText,
      state: oneOf("observing", "without-end", "in-force", "overdue"),
    }),
  ),
  observation: Type.Union([ObservationAnswer, Type.Null()], {
    description: "null as well where the caller may not read decisions",
  }),
});

export const CoverageAnswer: TSchema = Type.Object({
  revision: MaybeText,
  items: Type.Array(
    Type.Object({
      resource: Type.String({ description: "a template: what looks like an id is folded to `*`" }),
      action: Type.String(),
      governed: Type.Boolean(),
      protections: Type.Array(Type.String()),
      observed: Type.Array(Type.String()),
      seen: Count,
      ungoverned: Count,
    }),
  ),
  total: Count,
  ungoverned: Type.Integer({ description: "ways that were asked for and that nothing governs" }),
  more: Count,
  unseen: Type.Array(Type.String(), { description: "enforced Protections that nothing came under" }),
});
