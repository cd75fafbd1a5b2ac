import {
  type Attributes,
  type CelValue,
  compilePolicy,
  type DecisionRequest,
  exactly,
  type Facts,
  instant,
  laidOut,
  makeId,
  NO_ATTRIBUTES,
  type Now,
  type OptOut,
  type OptOutId,
  optOutOf,
  type Policy,
  parseCount,
  type RevisionId,
  type RiskFacts,
  rowOfSignals,
  type Session,
  type Signals,
  type SubjectFacts,
  type SubjectRef,
  segmentsOf,
  sumOf,
  toCelValue,
} from "@postern/core";

const START = Date.UTC(2026, 10, 21, 9);
const DAY = 86_400_000;

/** What a benchmark decides on: many rules, many opt-outs, many sessions, and questions spread over all of them. */
export interface Population {
  readonly policy: Policy;
  readonly now: Now;
  /** One question out of `count`, made fresh from what is in memory. */
  readonly ask: (at: number) => { readonly request: DecisionRequest; readonly facts: Facts };
  readonly count: number;
}

export interface PopulationSize {
  readonly rules: number;
  readonly optOuts: number;
  readonly sessions: number;
  readonly questions: number;
  /** Whether policy makes a score, and everybody's signals are known. */
  readonly risk?: boolean;
}

/** Rules with six-term conditions over two levels of resources, half of them with a step-up. */
export function policyOf(rules: number, risk = false): Policy {
  const documents = [
    `kind: Attributes
name: bench
owner: bench
subject:
  team: { type: string, source: entity }
  level: { type: int, source: entity }
  active: { type: bool, source: entity }
`,
    `kind: Offer
name: known-device
owner: bench
mode: enforce
control: step-up
holders: [subject]
basis: preference
scope: { actions: [get], resources: ["app:a/**"] }
downTo: aal1
length: { default: P7D, max: P30D, total: P90D }
review: { every: P30D }
disclosure:
  en: { version: 1, title: Open without a code, stops: We stop asking for a code., protects: Your password still counts., until: It ends after seven days., undo: Turn it back on here. }
`,
  ];
  for (let rule = 0; rule < rules; rule++) {
    documents.push(`kind: Protection
name: rule-${rule}
owner: bench
mode: enforce
resources: ["app:a/${rule}/**"]
actions: [get, post]
permit:
  - { name: team, when: 'subject.active && subject.level >= ${rule % 5} && subject.team == "t${rule % 7}" && action.name != "delete" && session.acr != "none" && resource.id != "x"' }
require: { assurance: aal1${rule % 2 === 0 ? "" : ", stepUp: { assurance: aal2 }"} }
`);
  }
  if (risk) documents.push(RISK);
  const files = [];
  for (let at = 0; at < documents.length; at += 200)
    files.push({ path: `bench-${at}.yaml`, text: documents.slice(at, at + 200).join("---\n") });
  const compiled = compilePolicy(files);
  if (!compiled.ok)
    throw new Error(
      compiled.problems
        .slice(0, 3)
        .map((one) => `${one.file}:${one.line} ${one.message}`)
        .join("\n"),
    );
  return compiled.policy;
}

export function populate(size: PopulationSize): Population {
  const policy = policyOf(size.rules, size.risk);
  let drawn = 0;
  const random = (): Uint8Array => {
    const bytes = new Uint8Array(16);
    new DataView(bytes.buffer).setUint32(0, drawn++);
    new DataView(bytes.buffer).setUint32(8, Math.imul(drawn, 2_654_435_761));
    return bytes;
  };
  const at = instant(START);
  const byHolder = new Map<string, OptOut[]>();
  const subjects: SubjectRef[] = [];
  const sessions: Session[] = [];
  const people = Math.max(size.optOuts, size.sessions);
  for (let person = 0; person < people; person++) {
    const subject = makeId("sub", random());
    subjects.push(subject);
    sessions.push({
      id: makeId("ses", random()),
      subject,
      device: null,
      acr: person % 3 === 0 ? "aal2" : "aal1",
      amr: ["pwd"],
      authTime: at,
      startedAt: at,
      expiresAt: instant(START + DAY),
      inactivityEndsAt: null,
      revokedAt: null,
      registeredBy: "bench",
    });
    if (person < size.optOuts) {
      byHolder.set(subject, [
        optOutOf({
          id: makeId("oo", random()) as OptOutId,
          control: "step-up",
          offer: "known-device",
          revision: "pol_bench" as RevisionId,
          basis: "preference",
          holder: { kind: "subject", subject },
          scope: { actions: ["get"], resources: [`app:a/${person % size.rules}/**`] },
          downTo: "aal1",
          standing: "granted",
          requestedBy: subject,
          requestedAt: at,
          consentNeeded: true,
          consent: { disclosure: "bench", locale: "en", version: 1, at, session: makeId("ses", random()) },
          approvalsNeeded: 0,
          approvals: [],
          grantedAt: at,
          decideBy: instant(START + DAY),
          startsAt: at,
          expiresAt: instant(START + 7 * DAY),
          reviewBy: instant(START + 30 * DAY),
          capAt: instant(START + 90 * DAY),
          usesMax: null,
          version: 1,
        }),
      ]);
    }
  }
  const none: readonly OptOut[] = [];
  const optOuts = {
    find: (holder: string, control: string): readonly OptOut[] =>
      control === "step-up" ? (byHolder.get(holder) ?? none) : none,
  };
  const declared = policy.attributes;
  const states = new Set<string>();
  // A node holds one name for each person: it answers for whom a session names, and lays their facts out with it.
  const names = subjects.map((_, person) => ({ type: "user", id: `person-${person}` }));
  const known = subjects.map((ref, person): SubjectFacts => {
    const name = names[person];
    const attributes = attributesOf(
      `{"team":"t${(person % size.rules) % 7}","level":9,"active":true}`,
      policy,
    );
    return {
      ref,
      attributes,
      states,
      ...(name === undefined
        ? {}
        : { laidOut: laidOut("subject", declared, attributes, name.id, name.type) }),
    };
  });
  const risks = size.risk === true ? subjects.map((_, person) => riskOf(person)) : [];
  const given = {
    subject: NO_ATTRIBUTES,
    resource: NO_ATTRIBUTES,
    action: NO_ATTRIBUTES,
    context: NO_ATTRIBUTES,
  };
  const paths = Array.from({ length: size.rules * 8 }, (_, at) => `a/${at % size.rules}/item-${at}`);
  // As a node does for each request: what is known is looked up, the question is made fresh, its path split.
  const questions = (at: number): { readonly request: DecisionRequest; readonly facts: Facts } => {
    const person = (at * 7919) % people;
    const name = names[person];
    const id = paths[(person % size.rules) + size.rules * (at % 8)] ?? "a";
    return {
      request: {
        subject: name === undefined ? null : { type: name.type, id: name.id },
        action: at % 4 === 3 ? "post" : "get",
        resource: { type: "app", id, segments: segmentsOf(id) },
        given,
        delegated: false,
        network: null,
      },
      facts: {
        ...(risks[person] === undefined ? {} : { risk: risks[person] }),
        session: sessions[person] ?? null,
        subject: known[person] ?? null,
        device: null,
        resource: NO_ATTRIBUTES,
        optOuts,
        locks: NONE,
        uses: () => 0,
        budgetSpent: () => false,
        doubt: null,
      },
    };
  };
  return { policy, now: exactly(instant(START + 3_600_000)), ask: questions, count: size.questions };
}

const NONE: readonly never[] = [];

const RISK = `kind: Risk
name: risk
owner: bench
model: statistical
rules:
  - { name: new country, when: signals.newCountry, points: 20 }
  - { name: many failures, when: signals.failedAttempts > 5, points: 30 }
  - { name: other network, when: signals.newNetwork && signals.newAgent, points: 10 }
levels: { medium: 30, high: 70 }
required: [country]
segments:
  - { name: first team, when: 'subject.team == "t0"', levels: { medium: 15, high: 40 } }
requires:
  high: { assurance: aal2 }
`;

/** What is known of one person's risk, as it stands in memory. */
function riskOf(person: number): RiskFacts {
  const failed = parseCount(person % 3);
  const signals: Signals = {
    newDevice: false,
    newNetwork: person % 5 === 0,
    newAsn: false,
    newCountry: person % 50 === 0,
    newAgent: person % 7 === 0,
    unusualHour: false,
    impossibleTravel: false,
    knownBadNetwork: false,
    failedAttempts: failed.ok ? failed.value : null,
    credentialChangedAt: null,
    compliance: "compliant",
    signIns: 40,
  };
  const found = [{ name: "base", points: 5 + (person % 20) }];
  return { signals, row: rowOfSignals(signals), found, sum: sumOf(found), missing: [], history: true };
}

/** What is known of a person, read as a node reads it: from JSON into the types that policy declares. */
function attributesOf(json: string, { attributes }: Policy): Attributes {
  const fields = new Map<string, unknown>(Object.entries(JSON.parse(json)));
  const values = new Map<string, CelValue>();
  for (const [name, { type, source }] of attributes.get("subject") ?? []) {
    if (source !== "entity") continue;
    const converted = toCelValue(fields.get(name), type);
    if (!converted.ok) throw new Error(converted.message);
    values.set(name, converted.value);
  }
  return values;
}
