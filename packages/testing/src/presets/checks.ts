import { type Instant, type PresetName, type ProvenMethod, rungOf, type Session } from "@postern/core";
import { after } from "../builders/opt-out.ts";
import type { End, Numbers } from "./numbers.ts";
import { BEGAN, type Compiled, type Trial, untouched, usedUntil } from "./trial.ts";

/** Longer than any published rule allows. */
const VERY_LONG = "P3650D";

const codesOf = ({ problems }: Compiled, wanted: string): number =>
  problems.filter(({ severity, code }) => `${severity} ${code}` === wanted).length;

const inSeconds = (seconds: number): Instant => after(seconds * 1000);
const justBefore = (seconds: number): Instant => after(seconds * 1000 - 1);

/** A session under the preset stands until that many seconds, and not at them; `open`: what the rule says nothing of. */
export function endsAfter(
  { expect, named, compile }: Trial,
  preset: PresetName,
  end: End,
  seconds: number,
  open: End | null,
): void {
  const other = end === "overall" ? [] : [`overall: ${VERY_LONG}`];
  const setBy = end === "overall" ? "overallSetBy" : "inactivitySetBy";
  const stating = {
    nothing: compile([preset], other),
    "a second more": compile([preset], [...other, `${end}: PT${seconds + 1}S`]),
    "just as much": compile([preset], [...other, `${end}: PT${seconds}S`]),
  };
  for (const [stated, compiled] of Object.entries(stating)) {
    const { profile, lets } = compiled;
    if (profile === null) throw new Error(`the policy that states ${stated} does not compile`);
    // One that is used all the time meets its overall end alone; one that nobody uses, its inactivity end.
    const session = (at: Instant): Session => (end === "overall" ? usedUntil(at) : untouched());
    const [before, over] = [justBefore(seconds), inSeconds(seconds)];
    expect(`${stated}: stands a millisecond before`, true, lets(session(before), before));
    expect(`${stated}: stands at its end`, false, lets(session(over), over));
  }
  const { nothing, "a second more": more, "just as much": same } = stating;
  named(nothing.profile?.[setBy] ?? null);
  expect("a second more is capped by", nothing.profile?.[setBy], more.profile?.[setBy]);
  // The other end, which is very long, is pointed out as well where the preset caps it too.
  const above = [same, more].map((compiled) => codesOf(compiled, "warning profile_above_cap"));
  expect("a second more is pointed out", 1, (above[1] ?? 0) - (above[0] ?? 0));
  expect("just as much is the policy's own", "policy", same.profile?.[setBy]);
  if (open === null) return;
  const generous = compile([preset], [`overall: ${VERY_LONG}`, `inactivity: ${VERY_LONG}`]).profile;
  const setOther = open === "overall" ? "overallSetBy" : "inactivitySetBy";
  expect(`${open} is left to the policy`, "policy", generous?.[setOther]);
}

/** The rule wants an inactivity timeout, and any will do. */
export function needsInactivity({ expect, named, compile }: Trial, preset: PresetName): void {
  const without = compile([preset], [`overall: ${VERY_LONG}`]);
  const missing = without.problems.find(({ code }) => code === "missing_field")?.message ?? "";
  named(/which (.+) demands$/.exec(missing)?.[1] ?? null);
  expect("a profile without inactivity is refused", 1, codesOf(without, "error missing_field"));
  const { profile, lets } = compile([preset], [`overall: ${VERY_LONG}`, "inactivity: P30D"]);
  if (profile === null) throw new Error("a profile with an inactivity timeout does not compile");
  const day = 86_400;
  expect("stands before the policy's own end", true, lets(untouched(), justBefore(30 * day)));
  expect("stands at the policy's own end", false, lets(untouched(), inSeconds(30 * day)));
  expect("overall is left to the policy", "policy", profile.overallSetBy);
}

/** No preset lets a profile go without an overall end. */
export function needsOverall({ expect, compile }: Trial, presets: readonly PresetName[]): void {
  for (const preset of presets) {
    const without = compile([preset], ["inactivity: PT5M"]);
    expect(`${preset}: without an overall end is refused`, 1, codesOf(without, "error missing_field"));
    expect(
      `${preset}: with one compiles`,
      true,
      compiles(compile([preset], [`overall: ${VERY_LONG}`, "inactivity: PT5M"])),
    );
  }
}

function compiles({ profile }: Compiled): boolean {
  return profile !== null;
}

/** What the policy states counts where it is stricter than every preset. */
export function ownLimitCounts({ expect, compile }: Trial, presets: readonly PresetName[]): void {
  for (const preset of presets) {
    const { profile, lets } = compile([preset], ["overall: PT4M", "inactivity: PT1M"]);
    if (profile === null) throw new Error(`the stricter policy under ${preset} does not compile`);
    const idle = untouched();
    expect(`${preset}: idle, before a minute`, true, lets(idle, justBefore(60)));
    expect(`${preset}: idle, at a minute`, false, lets(idle, inSeconds(60)));
    expect(`${preset}: busy, before four minutes`, true, lets(usedUntil(justBefore(240)), justBefore(240)));
    expect(`${preset}: busy, at four minutes`, false, lets(usedUntil(inSeconds(240)), inSeconds(240)));
  }
}

const ESSENTIAL = "essential: { because: A bank asks for it }";

/** That many extensions are enough, one fewer is not; nor where another rule than this one was chosen. */
export function extendableTimes({ expect, named, compile }: Trial, times: number): void {
  const lines = [`overall: ${VERY_LONG}`, "inactivity: PT5M"];
  for (const preset of ["wcag-2.2", "psd2"] as const) {
    const enough = compile([preset], [...lines, `extensions: ${times}`]);
    const few = compile([preset], [...lines, `extensions: ${times - 1}`]);
    const message = few.problems.find(({ code }) => code === "too_few_extensions");
    expect(`${preset}: ${times} extensions are kept`, times, enough.profile?.extensions);
    expect(`${preset}: ${times - 1} are refused`, 1, codesOf(few, "error too_few_extensions"));
    if (preset === "wcag-2.2") named(sourceIn(message?.hint));
  }
  expect("without a word there is no limit", null, compile(["wcag-2.2"], lines).profile?.extensions);
  const essential = compile(["wcag-2.2"], [...lines, "extensions: 0", ESSENTIAL]);
  expect("none, with a reason why", 0, essential.profile?.extensions);
}

/** A warning that long before the end is enough, one a second shorter is not; nor is a timeout that leaves no room for it. */
export function warnedBefore({ expect, named, compile }: Trial, seconds: number): void {
  const lines = [`overall: ${VERY_LONG}`, "inactivity: PT5M"];
  for (const preset of ["wcag-2.2", "psd2"] as const) {
    const enough = compile([preset], [...lines, `warnBefore: PT${seconds}S`]);
    const late = compile([preset], [...lines, `warnBefore: PT${seconds - 1}S`]);
    expect(`${preset}: a warning of ${seconds} s is kept`, seconds * 1000, enough.profile?.warnBefore);
    expect(`${preset}: a second less is refused`, 1, codesOf(late, "error warning_too_short"));
  }
  for (const end of ["overall", "inactivity"] as const) {
    const other = end === "overall" ? [] : [`overall: ${VERY_LONG}`];
    const tight = compile(["wcag-2.2"], [...other, `${end}: PT${seconds}S`]);
    const roomy = compile(["wcag-2.2"], [...other, `${end}: PT${seconds + 1}S`]);
    expect(`${end} of ${seconds} s is refused`, 1, codesOf(tight, "error warning_too_short"));
    expect(`${end} of a second more compiles`, true, compiles(roomy));
    named(sourceIn(tight.problems.find(({ code }) => code === "warning_too_short")?.message));
  }
}

/** An overall end up to there is pointed out, since nobody can extend it; a second later it is far enough off. */
export function exemptAbove({ expect, named, compile }: Trial, seconds: number): void {
  const near = compile(["wcag-2.2"], [`overall: PT${seconds}S`]);
  const far = compile(["wcag-2.2"], [`overall: PT${seconds + 1}S`]);
  const reasoned = compile(["wcag-2.2"], [`overall: PT${seconds}S`, ESSENTIAL]);
  named(sourceIn(near.problems.find(({ code }) => code === "too_few_extensions")?.message));
  expect("an end there is pointed out", 1, codesOf(near, "warning too_few_extensions"));
  expect("a second later nothing is", 0, far.problems.length);
  expect("nor with a reason why", 0, reasoned.problems.length);
}

function sourceIn(text: string | undefined): string | null {
  return /\((WCAG [^)]+)\)/.exec(text ?? "")?.[1] ?? null;
}

const done = (method: ProvenMethod["method"]): ProvenMethod => ({
  method,
  at: BEGAN,
  userVerified: method === "passkey",
  deviceBound: method === "passkey",
});

const REACHING = {
  aal1: [done("password")],
  aal2: [done("password"), done("totp")],
  aal3: [done("passkey")],
} as const;

/** What was done counts towards the level until that many seconds, and not at them. */
export function countsFor({ expect, numbers }: Trial, level: keyof Numbers["levels"], seconds: number): void {
  const at = (now: Instant): string => rungOf(REACHING[level], now, numbers.levels)?.acr ?? "none";
  expect("the level a millisecond before", level, at(justBefore(seconds)));
  expect("the level at the end is another", false, at(inSeconds(seconds)) === level);
}
