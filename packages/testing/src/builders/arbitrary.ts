import {
  ASSURANCES,
  type Assurance,
  type Attributes,
  type CelValue,
  type ControlId,
  type DeviceRef,
  type Holder,
  type Instant,
  instant,
  milliseconds,
  NO_ATTRIBUTES,
  type Offer,
  type OptOut,
  type Protection,
  type RiskLevel,
  type RiskPolicy,
  type SubjectRef,
} from "@postern/core";
import fc from "fast-check";
import { idOf } from "./id.ts";
import { after, anOptOut, NOW } from "./opt-out.ts";
import { anOffer, aProtection, DAY, HOUR, ruleOf, scopeOf } from "./policy.ts";
import { aLock, aRequest, aSession, decideScene, type Scene } from "./scene.ts";

// Small worlds in which much is honoured and much is not: two people, two devices, one tree of resources.

const PEOPLE: readonly SubjectRef[] = [idOf("sub", "ana"), idOf("sub", "ben")];
const DEVICES: readonly DeviceRef[] = [idOf("dev", "laptop"), idOf("dev", "kiosk")];
const ACTIONS = ["get", "post"];
const SEGMENTS = ["a", "b", "c"];

/** Conditions that hold by what is there, never by what is missing. */
const CONDITIONS = [
  '"staff" in subject.roles',
  "subject.level > 3",
  "context.amount < 100",
  "device.managed",
];

function mostly<Value>(usual: Value, ...others: readonly fc.Arbitrary<Value>[]): fc.Arbitrary<Value> {
  return fc.oneof(
    { weight: 24, arbitrary: fc.constant(usual) },
    ...others.map((arbitrary) => ({ weight: 1, arbitrary })),
  );
}

const assurance: fc.Arbitrary<Assurance> = fc.constantFrom(...ASSURANCES);
const low: fc.Arbitrary<Assurance> = fc.constantFrom("none", "none", "aal1", "aal2");
const condition: fc.Arbitrary<string> = fc.constantFrom(...CONDITIONS);
const path: fc.Arbitrary<readonly string[]> = fc.array(fc.constantFrom(...SEGMENTS), {
  minLength: 1,
  maxLength: 3,
});

const pattern: fc.Arbitrary<string> = fc
  .tuple(fc.array(fc.constantFrom(...SEGMENTS, "*"), { minLength: 1, maxLength: 3 }), fc.boolean())
  .filter(([segments]) => segments.some((segment) => segment !== "*"))
  .map(([segments, subtree]) => `route:/${segments.join("/")}${subtree ? "/**" : ""}`);

const scope = fc
  .tuple(
    fc.subarray(ACTIONS, { minLength: 1 }),
    fc.array(
      fc.oneof({ weight: 3, arbitrary: fc.constant("route:/a/**") }, { weight: 1, arbitrary: pattern }),
      {
        minLength: 1,
        maxLength: 3,
      },
    ),
  )
  .map(([actions, resources]) => scopeOf(actions, resources));

const extraProtection: fc.Arbitrary<Protection> = fc
  .record({
    resources: fc.array(pattern, { minLength: 1, maxLength: 2 }),
    actions: mostly<ReadonlySet<string> | null>(null, fc.constant(new Set(["get"]))),
    permit: fc.option(condition),
    mode: mostly<Protection["mode"]>("enforce", fc.constantFrom("observe", "warn")),
    observeUntil: fc.constantFrom(null, after(-DAY), NOW, after(DAY)),
    assurance: low,
    stepUp: fc.option(
      fc.record({ assurance: low, maxAge: fc.option(fc.constantFrom(0, HOUR, DAY).map(milliseconds)) }),
    ),
    floor: mostly<Assurance>("none", assurance),
    sensitive: mostly(false, fc.constant(true)),
    lease: mostly<Protection["lease"]>(null, fc.constant({ system: "db", role: "admin" })),
    as: mostly<Protection["as"]>(
      null,
      fc.record({
        action: fc.option(fc.constantFrom(...ACTIONS)),
        resource: fc.option(fc.constant({ type: "doc", id: "a" })),
      }),
    ),
  })
  .map(({ permit, ...rest }) => ({ permit: permit === null ? null : [ruleOf(permit)], ...rest }))
  .map((changes) => aProtection({ name: "extra", ...changes }));

const base: fc.Arbitrary<Protection> = fc
  .record({
    assurance: mostly<Assurance>("aal1", assurance),
    stepUp: mostly<Protection["stepUp"]>(
      { assurance: "aal2", maxAge: null },
      fc.constant(null),
      fc.constant({ assurance: "aal2", maxAge: milliseconds(60_000) }),
    ),
  })
  .map((changes) =>
    aProtection({ name: "base", resources: ["route:/a/**", "route:/b/**", "doc:a/**"], ...changes }),
  );

const CONTROLS: readonly ControlId[] = ["step-up", "authentication", "session-timeout"];

const offer = (name: string): fc.Arbitrary<Offer> =>
  fc
    .record({
      control: fc.constantFrom(...CONTROLS),
      mode: mostly<Offer["mode"]>("enforce", fc.constantFrom("observe", "warn")),
      downTo: mostly<Assurance>("none", assurance),
      riskAtMost: mostly<Offer["riskAtMost"]>(null, fc.constantFrom("low", "medium", "high")),
      states: mostly<readonly string[]>([], fc.constant(["verified"])),
      while: fc.option(condition, { freq: 5 }).map((text) => (text === null ? null : ruleOf(text))),
      uses: mostly<number | null>(null, fc.constantFrom(1, 5)),
    })
    // fast-check gives the value, not null, in four of five.
    .map((changes) =>
      anOffer({
        ...changes,
        while: changes.riskAtMost === null ? null : changes.while,
        name,
        holders: new Set(["subject", "device", "anonymous"] as const),
        scope: scopeOf(ACTIONS, ["route:/a/**", "route:/b/**", "doc:a/**"]),
      }),
    );

const risk: fc.Arbitrary<RiskPolicy | null> = fc.option(
  fc
    .tuple(
      fc.array(fc.tuple(condition, fc.constantFrom("low" as const, "medium" as const, "high" as const)), {
        minLength: 1,
        maxLength: 3,
      }),
      fc.array(fc.tuple(fc.constantFrom<RiskLevel>("low", "medium", "high", "unknown"), low), {
        maxLength: 2,
      }),
    )
    .map(([rules, requires]) => ({
      rules: rules.map(([text, level]) => ({ ...ruleOf(text), level })),
      requires: new Map(requires.map(([level, wanted]) => [level, { assurance: wanted, maxAge: null }])),
    })),
);

const attributes = (values: Readonly<Record<string, fc.Arbitrary<CelValue>>>): fc.Arbitrary<Attributes> =>
  fc
    .record(values, { requiredKeys: [] })
    .map((some) => new Map(Object.entries(some) as [string, CelValue][]));

const holder: fc.Arbitrary<Holder> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Holder>({ kind: "subject", subject: idOf("sub", "ana") }) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom(...DEVICES), fc.option(fc.constantFrom(...PEOPLE)))
      .map(([device, subject]): Holder => ({ kind: "device", device, subject })),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...PEOPLE).map((subject): Holder => ({ kind: "subject", subject })),
  },
  { weight: 2, arbitrary: fc.constant<Holder>({ kind: "anonymous" }) },
);

const near = (usual: number): fc.Arbitrary<Instant> =>
  mostly<number>(NOW + usual, fc.integer({ min: NOW - 2 * DAY, max: NOW + 2 * DAY })).map((at) =>
    instant(at),
  );

/** An opt-out by one of these offers, more often in force than not. */
export function optOutBy(offers: readonly Offer[]): fc.Arbitrary<OptOut> {
  return fc
    .record({
      at: fc.nat({ max: Math.max(offers.length - 1, 0) }),
      holder,
      scope,
      standing: mostly<OptOut["standing"]>("granted", fc.constantFrom("pending", "suspended", "revoked")),
      startsAt: near(-DAY),
      expiresAt: near(6 * DAY),
      reviewBy: near(29 * DAY),
      capAt: near(89 * DAY),
      usesMax: mostly<number | null>(null, fc.constantFrom(1, 5)),
      chosen: mostly<"yes" | "unconsented" | "unapproved" | "self-approved">(
        "yes",
        fc.constantFrom("unconsented", "unapproved", "self-approved"),
      ),
    })
    .map(({ at, chosen, ...rest }) => {
      const { name, control, downTo } = offers[at] ?? anOffer();
      return anOptOut({
        ...rest,
        offer: name,
        control,
        downTo,
        ...(chosen === "unconsented" ? { consent: null } : {}),
        ...(chosen === "unapproved" ? { approvalsNeeded: 1 } : {}),
        ...(chosen === "self-approved"
          ? { approvalsNeeded: 1, approvals: [{ by: idOf("sub", "ana"), at: NOW }] }
          : {}),
      });
    });
}

const session = fc
  .record({
    subject: mostly<SubjectRef>(idOf("sub", "ana"), fc.constant(idOf("sub", "ben"))),
    device: mostly<DeviceRef | null>(idOf("dev", "laptop"), fc.constantFrom(null, idOf("dev", "kiosk"))),
    acr: fc.constantFrom<Assurance>("aal1", "aal1", "aal2"),
    expiresAt: mostly<Instant>(after(8 * HOUR), fc.constant(after(-1))),
    inactivityEndsAt: mostly<Instant | null>(null, fc.constantFrom(after(-1), after(HOUR))),
    revokedAt: mostly<Instant | null>(null, fc.constant(after(-HOUR))),
  })
  .map(aSession);

/** A whole scene. About one in six is honoured. */
export const anyScene: fc.Arbitrary<Scene> = fc
  .record({
    base,
    extras: fc.oneof(
      { weight: 2, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(extraProtection, { maxLength: 2 }) },
    ),
    offers: fc.tuple(offer("one"), offer("two"), offer("three")),
    risk,
    segments: fc.oneof(
      { weight: 3, arbitrary: path.map((rest) => ["a", ...rest]) },
      { weight: 1, arbitrary: path },
    ),
    action: fc.constantFrom(...ACTIONS),
    visitor: fc.nat({ max: 6 }).map((dice) => dice === 0),
    session: fc.option(session, { freq: 8 }),
    attributes: attributes({
      roles: fc.constantFrom<CelValue>(["staff"], ["customer"]),
      level: fc.constantFrom<CelValue>(1n, 5n),
    }),
    managed: attributes({ managed: fc.boolean() }),
    context: attributes({ amount: fc.constantFrom<CelValue>(5n, 500n) }),
    states: mostly<readonly string[]>(["verified"], fc.constant([]), fc.constant(["suspended"])),
    shared: mostly<boolean | null>(false, fc.constantFrom(true, null)),
    uses: fc.nat({ max: 6 }),
    spent: fc.nat({ max: 5 }).map((dice) => dice === 0),
    drift: fc.constantFrom(0, 0, 500),
    delegated: mostly(false, fc.constant(true)),
    lock: mostly<boolean>(false, fc.constant(true)),
  })
  .chain((seed) =>
    fc.array(optOutBy(seed.offers), { minLength: 1, maxLength: 6 }).map((drawn): Scene => {
      const optOuts = drawn.map((optOut, at) => ({ ...optOut, id: idOf("oo", String(at)) }));
      const visitor = seed.visitor || seed.session === null;
      const held = visitor ? null : seed.session;
      const subject = visitor ? null : idOf("sub", "ana");
      const device = held?.device ?? null;
      return {
        policy: { protections: [seed.base, ...seed.extras], offers: seed.offers, risk: seed.risk },
        request: aRequest({
          subject: visitor ? null : { type: "user", id: "ana" },
          action: seed.action,
          resource: { type: "route", id: `/${seed.segments.join("/")}`, segments: seed.segments },
          given: { ...aRequest().given, context: seed.context },
          delegated: seed.delegated,
        }),
        session: held,
        subject:
          subject === null
            ? null
            : { ref: subject, attributes: seed.attributes, states: new Set(seed.states) },
        device:
          device === null ? null : { ref: device, id: device, attributes: seed.managed, shared: seed.shared },
        resource: NO_ATTRIBUTES,
        optOuts,
        locks: seed.lock ? [aLock({ kind: "control", control: "step-up" })] : [],
        uses: new Map(optOuts.map(({ id }) => [id, seed.uses])),
        spent: new Set(seed.spent ? ["one"] : []),
        doubt: null,
        now: { earliest: instant(NOW - seed.drift), latest: NOW },
      };
    }),
  );

/** Scenes in which something is honoured. */
export const honouredScene: fc.Arbitrary<Scene> = anyScene.filter(
  (scene) => decideScene(scene).outcome === "honour",
);
