import { describe, expect, it } from "vitest";
import { type Comparison, compareRevisions } from "../../src/policy/compare.ts";
import { ATTRIBUTES, compiled, joined, OFFER, PROFILE, PROTECTION, RISK, WHOLE } from "./sample.ts";

function change(from: string | RegExp, to: string): Comparison {
  const text = WHOLE.replace(from, to);
  if (text === WHOLE) throw new Error(`nothing replaced: ${String(from)}`);
  return compareRevisions(compiled(WHOLE), compiled(text));
}

/** From a text to another, and back: the way there widens, the way back narrows. */
const widening: readonly (readonly [string, string | RegExp, string])[] = [
  ["a Protection that leaves `enforce`", "mode: enforce", "mode: observe"],
  ["a lower assurance", "  assurance: aal1\n  stepUp", "  assurance: none\n  stepUp"],
  ["a weaker step-up", "assurance: aal2, maxAge: PT15M", "assurance: aal1, maxAge: PT15M"],
  ["an older authentication", "maxAge: PT15M", "maxAge: PT16M"],
  ["an authentication of any age", ", maxAge: PT15M", ""],
  ["no step-up", /\n {2}stepUp:.*/, ""],
  ["a lower floor", "floor: aal1", "floor: none"],
  [
    "one more who is permitted",
    "  - name: staff",
    "  - { name: verified, when: subject.emailVerified }\n  - name: staff",
  ],
  ["one more holder", "[device]", "[device, subject]"],
  ["no rule on who may ask", /\nwho:.*/, ""],
  ["no rule while it holds", /\nwhile:.*/, ""],
  ["a higher risk", "atMost: low", "atMost: medium"],
  ["any risk", /\nrisk: .*/, ""],
  ["one more action", "actions: [get, head], res", "actions: [get, head, post], res"],
  [
    "a wider resource",
    'resources: ["route:/reports/**"] }',
    'resources: ["route:/reports/**", "route:/x"] }',
  ],
  ["a lower `downTo`", "downTo: aal1", "downTo: none"],
  ["a longer default", "default: P7D", "default: P8D"],
  ["a longer maximum", "max: P30D", "max: P31D"],
  ["a longer total", "total: P90D", "total: P91D"],
  ["more uses", "uses: 200", "uses: 201"],
  ["uses without end", "uses: 200\n", ""],
  ["a later review", "every: P30D", "every: P31D"],
  ["a longer session", "overall: PT12H", "overall: PT13H"],
  ["a longer inactivity", "inactivity: PT1H", "inactivity: PT2H"],
  ["no inactivity timeout", "inactivity: PT1H\n", ""],
  ["less asked at high risk", "maxAge: PT0S", "maxAge: PT1H"],
];

describe("comparing revisions", () => {
  it("finds nothing between a revision and itself", () => {
    expect(compareRevisions(compiled(WHOLE), compiled(WHOLE))).toEqual({
      wider: [],
      narrower: [],
      neutral: [],
    });
  });

  it.each(widening)("%s is wider, and its undoing is not", (_, from, to) => {
    const forward = change(from, to);
    expect(forward.wider.length).toBeGreaterThan(0);
    const back = compareRevisions(compiled(WHOLE.replace(from, to)), compiled(WHOLE));
    expect(back.wider).toEqual([]);
    expect(back.narrower.length).toBeGreaterThan(0);
  });

  it.each([
    ["a condition", `'"staff" in subject.roles'`, `'"staff" in subject.roles && true'`],
    ["a rule of an Offer", "while: device.managed", "while: device.managed == true"],
    ["a rule of Risk", "when: device.managed, level", "when: device.managed && true, level"],
    ["a level", "level: low", "level: high"],
    ["a control's basis", "basis: preference", "basis: mitigated"],
    [
      "the source of an attribute",
      "emailVerified: { type: bool, source: entity }",
      "emailVerified: { type: bool, source: request }",
    ],
    ["the type of an attribute", "max: 20", "max: 21"],
  ])("a changed text of %s counts as wider", (_, from, to) => {
    expect(change(from, to).wider.length).toBeGreaterThan(0);
  });

  it("any change of who reviews is wider: without a rule whoever approves does", () => {
    const plain = compiled(WHOLE);
    const ruled = compiled(WHOLE.replace("every: P30D", `every: P30D, by: '"staff" in subject.roles'`));
    const other = compiled(WHOLE.replace("every: P30D", "every: P30D, by: 'true'"));
    for (const [from, to] of [
      [plain, ruled],
      [ruled, plain],
      [ruled, other],
    ] as const)
      expect(compareRevisions(from, to).wider).toMatchObject([{ kind: "Offer", field: "review.by" }]);
  });

  it("fewer resources are wider, and more are too where nothing governed them", () => {
    const fewer = WHOLE.replace('["route:/reports/**"]\nactions', '["route:/reports"]\nactions');
    expect(compareRevisions(compiled(WHOLE), compiled(fewer)).wider).toMatchObject([{ field: "resources" }]);
    expect(compareRevisions(compiled(fewer), compiled(WHOLE)).wider).toMatchObject([{ field: "resources" }]);
  });

  it("a removed Protection is wider", () => {
    const { wider } = compareRevisions(compiled(WHOLE), compiled(WHOLE.replace(PROTECTION, "")));
    expect(wider).toContainEqual(expect.objectContaining({ kind: "Protection", name: "reports", to: null }));
  });

  it("a Protection is narrower where another already governs, and wider where nothing did", () => {
    const inner = PROTECTION.replace("name: reports", "name: inner").replace("/reports/**", "/reports/x/**");
    const outside = inner.replace("/reports/x/**", "/elsewhere/**");
    expect(compareRevisions(compiled(WHOLE), compiled(joined(WHOLE, inner)))).toMatchObject({
      wider: [],
      neutral: [],
    });
    expect(compareRevisions(compiled(WHOLE), compiled(joined(WHOLE, outside))).wider).toHaveLength(1);
    const observed = outside.replace("mode: enforce", "mode: observe");
    expect(compareRevisions(compiled(WHOLE), compiled(joined(WHOLE, observed))).wider).toHaveLength(1);
  });

  it("a new Offer is wider, and an observed one is not", () => {
    const without = joined(ATTRIBUTES, PROTECTION, RISK, PROFILE);
    const observed = joined(without, OFFER.replace("mode: enforce", "mode: observe"));
    expect(compareRevisions(compiled(without), compiled(WHOLE)).wider).toHaveLength(1);
    expect(compareRevisions(compiled(without), compiled(observed)).wider).toEqual([]);
    expect(compareRevisions(compiled(observed), compiled(WHOLE)).wider).toHaveLength(1);
    expect(compareRevisions(compiled(WHOLE), compiled(without))).toMatchObject({ wider: [] });
  });

  it("`sensitive` taken away is wider", () => {
    const base = joined(ATTRIBUTES, PROTECTION);
    const sensitive = compiled(base.replace("floor: aal1", "sensitive: true"));
    const plain = compiled(base.replace("floor: aal1", "sensitive: false"));
    expect(compareRevisions(sensitive, plain).wider.map(({ field }) => field)).toEqual(["sensitive"]);
    expect(compareRevisions(plain, sensitive).wider).toEqual([]);
  });

  it("another place to sign in is wider, since people type their passwords there", () => {
    const at = (url: string): string => joined(ATTRIBUTES, `${PROTECTION}signIn: { url: "${url}" }\n`);
    const { wider } = compareRevisions(compiled(at("/login")), compiled(at("https://login.example/")));
    expect(wider.map(({ field }) => field)).toEqual(["signIn"]);
  });

  it("a Risk rule that is gone is wider while others are left, and narrower with the last", () => {
    const more = RISK.replace(
      "requires:",
      "  - { name: mine, when: subject.emailVerified, level: low }\nrequires:",
    );
    const [two, one, none] = [more, RISK, ""].map((text) =>
      compiled(joined(ATTRIBUTES, PROTECTION, OFFER, text)),
    );
    if (two === undefined || one === undefined || none === undefined)
      throw new Error("expected three policies");
    expect(compareRevisions(two, one).wider).toHaveLength(1);
    expect(compareRevisions(one, none).wider.map(({ field }) => field)).toEqual([
      "requires.medium",
      "requires.high",
      "rule `known device`",
    ]);
  });

  it("words, owners and renamed rules are neutral", () => {
    expect(
      change("owner: reports-team\nmode: enforce\nresources", "owner: others\nmode: enforce\nresources"),
    ).toMatchObject({
      wider: [],
      neutral: [{ field: "owner" }],
    });
    expect(change("Your password", "The password")).toMatchObject({
      wider: [],
      neutral: [{ field: "disclosure" }],
    });
    expect(change("- name: staff", "- name: employees")).toEqual({ wider: [], narrower: [], neutral: [] });
  });
});
