import { describe, expect, it } from "vitest";
import { ANONYMOUS, ATTRIBUTES, codesOf, joined, OFFER, PROFILE, PROTECTION, RISK, WHOLE } from "./sample.ts";

/** What is said of an Offer in a policy that is otherwise in order. */
function ofOffer(change: readonly [string | RegExp, string], offer = OFFER): readonly string[] {
  return codesOf(joined(ATTRIBUTES, PROTECTION, RISK, offer.replace(change[0], change[1])));
}

const offers: readonly (readonly [string, readonly [string | RegExp, string], readonly string[]])[] = [
  ["no length", [/length:.*\n/, ""], ["error no_end"]],
  ["a scope of a whole type", ['"route:/reports/**"', '"route:/**"'], ["error scope_is_everything"]],
  ["a scope of wildcards", ['"route:/reports/**"', '"route:/*/**"'], ["error scope_is_everything"]],
  ["the action `*`", ["[get, head]", '["*"]'], ["error wrong_value"]],
  ["no actions", ["[get, head]", "[]"], ["error too_few"]],
  ["a guarded action", ["[get, head]", "[get, credentials.change]"], ["error scope_never_waivable"]],
  ["a default above the maximum", ["default: P7D", "default: P31D"], ["error length_order"]],
  ["a maximum above the total", ["max: P30D", "max: P91D"], ["error length_order"]],
  ["a total above a year", ["total: P90D", "total: P367D"], ["error total_too_long"]],
  ["no owner", ["owner: reports-team\n", ""], ["error missing_field"]],
  ["no disclosure", [/disclosure:[\s\S]*/, ""], ["error disclosure_missing"]],
  ["no `downTo`", ["downTo: aal1\n", ""], ["error missing_field"]],
  ["a `downTo` below the floor", ["downTo: aal1", "downTo: none"], ["warning down_to_below_floor"]],
  [
    "a budget for a device",
    ["uses: 200", "budget: { uses: 1, per: PT1M }"],
    ["error budget_without_anonymous"],
  ],
  ["a review that never comes", ["every: P30D", "every: P100D"], ["warning review_too_late"]],
  [
    "a scope that nothing protects",
    ['"route:/reports/**"', '"route:/elsewhere/**"'],
    ["warning scope_unprotected"],
  ],
  [
    "a `while` of the request's word",
    ["while: device.managed", "while: context.network == 'office'"],
    ["warning attribute_from_request"],
  ],
  ["an unknown attribute", ["subject.emailVerified", "subject.emailverified"], ["error bad_condition"]],
  [
    "a session-timeout with `downTo`",
    ["control: step-up", "control: session-timeout"],
    ["error down_to_without_assurance"],
  ],
  ["words that few know", ["Your password", "Your session token"], ["error disclosure_word"]],
  [
    "a sentence too long",
    ["Your password", `Your ${"very ".repeat(20)}password`],
    ["error disclosure_sentence_too_long"],
  ],
  [
    "a text too long",
    ["Your password", `Your password. ${"It is safe. ".repeat(20)}And so`],
    ["error disclosure_too_long"],
  ],
  ["a locale that is none", ["  en:", "  english:"], ["error wrong_value"]],
  [
    "a path that is not canonical",
    ['"route:/reports/**"', '"route:/a%2fb/**"'],
    ["error resource_not_canonical"],
  ],
];

const anonymous: readonly (readonly [string, readonly [string | RegExp, string], readonly string[]])[] = [
  ["an action that writes", ["[get, head]", "[get, post]"], ["error write_for_anonymous"]],
  ["no budget", [/budget:.*\n/, ""], ["error anonymous_without_budget"]],
  [
    "no approval",
    ["approvals: { count: 1 }", "approvals: { count: 0 }"],
    ["error anonymous_without_approval"],
  ],
  ["a preference", ["basis: waiver", "basis: preference"], ["error anonymous_consent"]],
  ["a second holder", ["[anonymous]", "[anonymous, subject]"], ["error holders_mixed"]],
  [
    "a control other than authentication",
    ["control: authentication", "control: step-up"],
    ["error wrong_value"],
  ],
  ["states", ["basis: waiver", "basis: waiver\nstates: [adult]"], ["error reads_nobody"]],
  [
    "a condition about a person",
    ["basis: waiver", "basis: waiver\nwhile: subject.emailVerified"],
    ["error reads_nobody"],
  ],
];

describe("an Offer", () => {
  it("in order is accepted, for persons and for the audience", () => {
    expect(ofOffer(["", ""])).toEqual([]);
    expect(ofOffer(["", ""], ANONYMOUS).filter((code) => code.startsWith("error"))).toEqual([]);
  });

  it.each(offers)("with %s is answered", (_, change, codes) => {
    expect(ofOffer(change)).toEqual(expect.arrayContaining([...codes]));
  });

  it.each(anonymous)("for anonymous with %s is answered", (_, change, codes) => {
    expect(ofOffer(change, ANONYMOUS)).toEqual(expect.arrayContaining([...codes]));
  });

  it("never reaches what is sensitive, not even by a part of its scope or in another case", () => {
    const inner = PROTECTION.replace("name: reports", "name: salaries").replace(
      "/reports/**",
      "/Reports/salaries/*",
    );
    const sensitive = inner.replace("floor: aal1", "floor: aal1\nsensitive: true");
    expect(codesOf(joined(ATTRIBUTES, PROTECTION, OFFER, inner))).not.toContain(
      "error scope_reaches_sensitive",
    );
    expect(codesOf(joined(ATTRIBUTES, PROTECTION, OFFER, sensitive))).toContain(
      "error scope_reaches_sensitive",
    );
    const others = sensitive.replace("[get, head]", "[post]");
    expect(codesOf(joined(ATTRIBUTES, PROTECTION, OFFER, others))).not.toContain(
      "error scope_reaches_sensitive",
    );
  });

  it("by an owner with approvals goes without a text", () => {
    const offer = OFFER.replace(/disclosure:[\s\S]*/, "approvals: { count: 1 }\n").replace(
      "preference",
      "mitigated",
    );
    expect(codesOf(joined(ATTRIBUTES, PROTECTION, RISK, offer))).toEqual([]);
  });
});

describe("a Protection", () => {
  const ofProtection = (from: string | RegExp, to: string): readonly string[] =>
    codesOf(joined(ATTRIBUTES, PROTECTION.replace(from, to)));

  it("has a floor that something on the way down requires", () => {
    expect(ofProtection("floor: aal1", "floor: aal3")).toEqual(["error floor_above_requirement"]);
    const root = PROTECTION.replace("name: reports", "name: root")
      .replace("/reports/**", "/**")
      .replace("stepUp: { assurance: aal2, maxAge: PT15M }", "stepUp: { assurance: aal3 }");
    expect(codesOf(joined(ATTRIBUTES, root, PROTECTION.replace("floor: aal1", "floor: aal3")))).toEqual([]);
  });

  it("steps up, never down", () => {
    expect(ofProtection("stepUp: { assurance: aal2", "stepUp: { assurance: none")).toContain(
      "error step_up_weaker",
    );
  });

  it("says who is permitted, or a Protection above it does", () => {
    const silent = PROTECTION.replace(/permit:[\s\S]*?require:/, "require:");
    expect(codesOf(joined(ATTRIBUTES, silent))).toEqual(["warning nobody_permitted"]);
    const root = PROTECTION.replace("name: reports", "name: root").replace("/reports/**", "/**");
    expect(codesOf(joined(ATTRIBUTES, silent, root))).toEqual([]);
  });

  it("has no rule after one that always holds, and none twice", () => {
    const rule = `  - name: staff\n    when: '"staff" in subject.roles'\n`;
    expect(ofProtection(rule, `  - { name: all, when: "true" }\n${rule}`)).toEqual([
      "error rule_never_reached",
    ]);
    expect(ofProtection(rule, `${rule}${rule.replace("staff\n", "again\n")}`)).toEqual([
      "error rule_never_reached",
    ]);
    expect(ofProtection(rule, `${rule}  - { name: none, when: "1 > 2" }\n`)).toEqual([
      "warning rule_never_holds",
    ]);
  });

  it("is the only one of its name", () => {
    expect(codesOf(joined(ATTRIBUTES, PROTECTION, PROTECTION))).toContain("error duplicate_name");
  });

  it("that differs from another only by case is pointed out", () => {
    const other = PROTECTION.replace("name: reports", "name: b").replace("/reports/", "/Reports/");
    expect(codesOf(joined(ATTRIBUTES, PROTECTION, other))).toEqual(["warning resources_differ_by_case"]);
  });
});

describe("attributes", () => {
  const declare = (line: string): readonly string[] =>
    codesOf(joined(`${ATTRIBUTES.replace("context:", `${line}\ncontext:`)}`, PROTECTION));

  it.each([
    ["a list without a bound", "  ips: { type: list, of: string, source: entity }", "error wrong_value"],
    ["a list without a type", "  ips: { type: list, max: 3, source: entity }", "error wrong_value"],
    ["a bound on text", "  ip: { type: string, max: 3, source: entity }", "error wrong_value"],
    ["no source", "  ip: { type: string }", "error missing_field"],
    ["two sources", "  ip: { type: string, source: derived }", "error wrong_value"],
    ["a built-in name", "  shared: { type: bool, source: entity }", "error attribute_built_in"],
    ["a word of CEL", "  in: { type: bool, source: entity }", "error wrong_value"],
    ["a record without fields", "  where: { type: record, source: entity }", "error wrong_value"],
  ])("with %s are refused", (_, line, code) => {
    expect(declare(line)).toContain(code);
  });

  it("are declared once", () => {
    const again = ATTRIBUTES.replace("name: shop", "name: other");
    expect(codesOf(joined(ATTRIBUTES, PROTECTION, again))).toContain("error attribute_declared_twice");
  });

  it("of a context come from the request only", () => {
    expect(codesOf(joined(ATTRIBUTES.replace("source: request", "source: entity"), PROTECTION))).toContain(
      "error attribute_source_refused",
    );
  });

  it("of a device are what we hold of it", () => {
    const text = ATTRIBUTES.replace(
      "managed: { type: bool, source: entity }",
      "managed: { type: bool, source: request }",
    );
    expect(codesOf(joined(text, PROTECTION))).toContain("error attribute_source_refused");
  });

  it("may be lists and maps of records", () => {
    const line =
      "  sites: { type: list, of: record, max: 5, fields: { country: { type: string } }, source: entity }";
    expect(declare(line)).toEqual([]);
  });
});

describe("Risk", () => {
  it("is one document", () => {
    expect(codesOf(joined(WHOLE, RISK.replace("name: risk", "name: more")))).toContain("error several_risks");
  });

  it("does not read its own result", () => {
    const text = RISK.replace("device.managed", "risk.level == 'low'");
    expect(codesOf(joined(ATTRIBUTES, PROTECTION, text))).toContain("error bad_condition");
  });

  it("asks for no less at a higher level", () => {
    const text = RISK.replace("high: { assurance: aal2, maxAge: PT0S }", "high: { assurance: aal1 }");
    expect(codesOf(joined(ATTRIBUTES, PROTECTION, text))).toEqual(["warning risk_requires_less"]);
  });

  it("that believes the request is pointed out", () => {
    const text = RISK.replace("device.managed", "context.network == 'office'");
    expect(codesOf(joined(ATTRIBUTES, PROTECTION, text))).toEqual(["warning attribute_from_request"]);
  });
});

describe("a SessionProfile", () => {
  const ofProfile = (from: string, to: string): readonly string[] =>
    codesOf(joined(ATTRIBUTES, PROTECTION, PROFILE.replace(from, to)));

  it.each([
    ["no overall timeout", "overall: PT12H\n", "", "error missing_field"],
    [
      "an inactivity timeout above the overall one",
      "inactivity: PT1H",
      "inactivity: PT13H",
      "error profile_order",
    ],
    [
      "a warning too late to act on",
      "inactivity: PT1H",
      "inactivity: PT1H\nwarnBefore: PT10S",
      "error warning_too_short",
    ],
    [
      "a warning before anything begins",
      "inactivity: PT1H",
      "inactivity: PT1H\nwarnBefore: PT2H",
      "error profile_order",
    ],
    [
      "few extensions and no reason",
      "inactivity: PT1H",
      "inactivity: PT1H\nextensions: 3",
      "error too_few_extensions",
    ],
    [
      "a timeout above a cap",
      "inactivity: PT1H",
      "inactivity: PT1H\npreset: [pci-dss]",
      "warning profile_above_cap",
    ],
    ["presets that differ", "inactivity: PT1H", "preset: [pci-dss, psd2]", "warning presets_conflict"],
    ["presets in conflict", "inactivity: PT1H", "preset: [wcag-2.2, psd2]", "warning presets_conflict"],
    [
      "a timeout that leaves no room for a warning, by the rule that wants one",
      "inactivity: PT1H",
      "inactivity: PT20S\npreset: [wcag-2.2]",
      "error warning_too_short",
    ],
    [
      "a warning after an overall end that a preset sets",
      "overall: PT12H\ninactivity: PT1H",
      "inactivity: P2D\nwarnBefore: P1D\npreset: [nist-aal2]",
      "error profile_order",
    ],
    [
      "an overall end that nobody can extend, by the rule that wants it extended",
      "inactivity: PT1H",
      "inactivity: PT1H\npreset: [wcag-2.2]",
      "warning too_few_extensions",
    ],
    [
      "a rule that wants an inactivity timeout and says no number",
      "inactivity: PT1H",
      "preset: [hipaa]",
      "error missing_field",
    ],
    [
      "another rule that wants an inactivity timeout",
      "inactivity: PT1H",
      "preset: [asvs-l2]",
      "error missing_field",
    ],
    ["an unknown preset", "inactivity: PT1H", "preset: [nist-aal4]", "error wrong_value"],
  ])("with %s is answered", (_, from, to, code) => {
    expect(ofProfile(from, to)).toContain(code);
  });

  it.each([
    ["a warning and an end far enough off", "overall: PT12H", "overall: P1D\npreset: [wcag-2.2]"],
    [
      "a near end and a reason",
      "inactivity: PT1H",
      "inactivity: PT1H\npreset: [wcag-2.2]\nessential: { because: Law }",
    ],
  ])("with %s is what WCAG asks for", (_, from, to) => {
    expect(ofProfile(from, to)).toEqual([]);
  });

  it("with few extensions and a reason is accepted", () => {
    expect(
      ofProfile("inactivity: PT1H", "extensions: 3\nessential: { because: A bank asks for it }"),
    ).toEqual([]);
  });
});
