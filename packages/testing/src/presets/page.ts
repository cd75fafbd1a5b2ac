import { nameOfConflict } from "./conflicts.ts";
import { rowOf } from "./judgement.ts";
import type { JudgedRule, PresetReport } from "./report.ts";
import { tableOf } from "./table.ts";
import type { Finding } from "./trial.ts";

const RULE_HEAD = ["rule", "source", "number of", "number", "test", "result", "altered"];
const CONFLICT_HEAD = ["chosen together", "overall", "inactivity", "test", "result"];

export interface Tables {
  readonly rules: readonly string[];
  readonly conflicts: readonly string[];
}

/** The two tables; `wide`: padded, for reading as they are. */
export function tablesOf({ rules, conflicts }: PresetReport, shape: { readonly wide: boolean }): Tables {
  return {
    rules: tableOf(
      RULE_HEAD,
      rules.map((judged) => {
        const { rule, finding } = judged;
        return [
          rule.id,
          rule.source,
          rule.address === null ? "every preset" : rowOf(rule),
          rule.number,
          rule.test,
          resultOf(finding),
          alteredOf(judged),
        ];
      }),
      shape,
    ),
    conflicts: tableOf(
      CONFLICT_HEAD,
      conflicts.map(({ conflict, finding, caps }) => [
        nameOfConflict(conflict),
        ...caps,
        conflict.test,
        resultOf(finding),
      ]),
      shape,
    ),
  };
}

export function summaryOf({ rules, conflicts }: PresetReport): string {
  const findings = [...rules, ...conflicts].map(({ finding }) => finding);
  const held = findings.filter((finding) => finding.wrong.length === 0).length;
  const alterations = rules.flatMap((judged) => judged.alterations);
  const caught = alterations.filter((one) => one.caught).length;
  return `${held} of ${findings.length} tests hold; ${caught} of ${alterations.length} altered numbers made their own test fail, and no other`;
}

function resultOf({ wrong, judged }: Finding): string {
  return wrong.length === 0 ? `holds (${judged})` : "FAILS";
}

function alteredOf({ rule, alterations }: JudgedRule): string {
  if (rule.address === null) return "no number";
  if (alterations.length === 0) return "not tried";
  return alterations.map(({ text, caught }) => `${text} ${caught ? "fails" : "MISSED"}`).join(", ");
}

/** `docs/presets.md`, whole. */
export function pageOf(report: PresetReport): string {
  const { rules, conflicts } = tablesOf(report, { wide: false });
  return `${[...BEFORE, ...rules, ...BETWEEN, ...conflicts, ...AFTER].join("\n")}\n`;
}

const BEFORE = [
  "# Presets",
  "",
  "What published rules say of how long sessions last, as the [SessionProfile](policy.md#sessionprofile) of a policy names",
  "them: `preset: [nist-aal2, pci-dss]`. The least of all caps counts, the policy's own among them, and answers say which",
  "rule set it. This page is written by the command that runs the tests:",
  "",
  "    npm run presets",
  "    npm run presets -- --write",
  "",
  "The first prints the tables below and ends with 1 where a test fails; the second writes this page anew, unless one",
  "fails. The tests are in `packages/testing/src/presets`; `npm test` runs them too.",
  "",
  "## Numbers",
  "",
  "A test states its number apart from the product, in seconds, and compiles a policy with the preset. Of an end, `decide`",
  "judges a session with the ends of that profile a millisecond before and at it; of what only the linter reads, policies on",
  "either side are compiled. The result says how much was judged. For the last column the product's number was altered by",
  "the smallest step either way: `fails` means that this test failed then, and no other.",
  "",
];

const BETWEEN = [
  "",
  "`any`: the rule demands a limit and leaves the number to the organisation. `level aal1` to `level aal3` hold without",
  "any preset: what was done at Postern's own [sign-in](sign-in.md) counts towards its level for so long.",
  "`fedramp-ac-11` is for whoever locks at the session what AC-11 wants locked at the device.",
  "",
  "## Conflicts",
  "",
  "Rules that contradict each other are not reconciled: the shorter limit counts, and the linter says so where the policy",
  "does not settle it by a number or a reason of its own.",
  "",
];

const AFTER = [
  "",
  "## Rules about sessions without a limit here",
  "",
  "| rule | why it is not among the numbers |",
  "|---|---|",
  "| NIST-63B4-doc | which end activity moves, and which a fresh sign-in: arithmetic without a number |",
  "| NIST-63B4-remember | a remembered browser never stands for a sign-in, however short |",
  "| 800-53-IA-11 | when to ask again is `require.stepUp.maxAge` of a [Protection](policy.md#protection) |",
  "| ASVS-7.2.3 | 128 bit of randomness in a session's secret: a number of the product, of no policy |",
  "| ASVS-7.1.1, ASVS-7.1.3, ASVS-7.6.1 | documentation of the limits, which this page and the policy are |",
  "| ASVS-7.4.1, ASVS-7.4.2, ASVS-7.4.5 | ending sessions at once, by whom and of whom; see [signing in](sign-in.md) |",
  "| ASVS-7.5.1, ASVS-7.5.3 | a fresh sign-in before what is sensitive: `sensitive` and `stepUp` |",
  "| WCAG-2.2.1-turnoff, WCAG-2.2.1-adjust | two other ways to meet 2.2.1; being able to extend is enough |",
  "| WCAG-2.2.5, WCAG-2.2.6 | keeping what was typed over a sign-in: a matter of pages, not of limits |",
  "| CIS-4.3, ISM-0428 | the lock of a device's own screen |",
  "| PSD2-RTS-10 | how long an exemption from a second step lasts: `length` of an [Offer](policy.md#offer) |",
];
