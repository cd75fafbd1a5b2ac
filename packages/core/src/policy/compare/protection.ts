import { type Assurance, reaches } from "../../vocabulary/assurance.ts";
import { formatInstant, type Instant } from "../../vocabulary/instant.ts";
import type { Policy, Protection } from "../revision.ts";
import { type Change, compareStepUp, type Note, textOfSet, textOfStepUp, type Verdict } from "./change.ts";
import { alreadyGoverned, uncovered } from "./coverage.ts";

export type Notes = (kind: Change["kind"], name: string) => Note;

export function* compareProtections(from: Policy, to: Policy, notes: Notes): Generator<void> {
  const before = new Map(from.protections.map((one) => [one.name, one]));
  const after = new Map(to.protections.map((one) => [one.name, one]));
  for (const old of from.protections) {
    if (after.has(old.name)) continue;
    notes("Protection", old.name)(mayBeInForce(old) ? "wider" : "neutral", null, old.mode, null, old.at);
  }
  for (const one of to.protections) {
    const note = notes("Protection", one.name);
    const old = before.get(one.name);
    if (old === undefined) note(directionOfNew(one, from), null, null, one.mode, one.at);
    else compareProtection(old, one, from, note);
    yield;
  }
}

/** Governing what was refused as ungoverned opens it; renaming what is asked can mean anything. */
function directionOfNew(one: Protection, from: Policy): "wider" | "narrower" | "neutral" {
  if (one.as !== null || one.sessionProfile !== null) return "wider";
  if (!alreadyGoverned(from, one.resources, one.actions, one.name)) return "wider";
  return one.mode === "enforce" ? "narrower" : "neutral";
}

function compareProtection(old: Protection, one: Protection, from: Policy, note: Note): void {
  const say = (verdict: Verdict, field: string, a: string | null, b: string | null): void => {
    if (verdict !== undefined) note(verdict, field, a, b, one.at);
  };
  const governed = (resources = one.resources): "narrower" | "wider" =>
    alreadyGoverned(from, resources, one.actions, one.name) ? "narrower" : "wider";
  if (old.mode !== one.mode) {
    const verdict = old.mode === "enforce" ? "wider" : one.mode === "enforce" ? "narrower" : "neutral";
    say(verdict, "mode", old.mode, one.mode);
  }
  compareUntil();
  for (const lost of uncovered(old.resources, one.resources)) say("wider", "resources", lost.text, null);
  for (const added of uncovered(one.resources, old.resources)) {
    say(governed([added]), "resources", null, added.text);
  }
  compareActions();
  comparePermit();
  say(compareRank(old.assurance, one.assurance), "require.assurance", old.assurance, one.assurance);
  say(
    compareStepUp(old.stepUp, one.stepUp),
    "require.stepUp",
    textOfStepUp(old.stepUp),
    textOfStepUp(one.stepUp),
  );
  say(compareRank(old.floor, one.floor), "floor", old.floor, one.floor);
  if (old.sensitive !== one.sensitive) {
    say(one.sensitive ? "narrower" : "wider", "sensitive", String(old.sensitive), String(one.sensitive));
  }
  const lease = (of: Protection): string | null =>
    of.lease === null ? null : `${of.lease.system}/${of.lease.role}`;
  if (lease(old) !== lease(one))
    say(old.lease === null ? "narrower" : "wider", "lease", lease(old), lease(one));
  if (old.sessionProfile !== one.sessionProfile)
    say("wider", "session", old.sessionProfile, one.sessionProfile);
  const as = (of: Protection): string | null =>
    of.as === null ? null : `${of.as.action ?? ""} ${of.as.resource?.type ?? ""}:${of.as.resource?.id ?? ""}`;
  if (as(old) !== as(one)) say("wider", "as", as(old), as(one));
  const signIn = (of: Protection): string | null =>
    of.signIn === null ? null : `${of.signIn.url} ${of.signIn.stepUp ?? ""}`.trim();
  // Where people type their passwords is nothing for one person to move.
  if (signIn(old) !== signIn(one)) {
    say(one.signIn === null ? "neutral" : "wider", "signIn", signIn(old), signIn(one));
  }
  if (old.owner !== one.owner) say("neutral", "owner", old.owner, one.owner);

  /** Later, or never, is wider: by now it may be in force, or one counts on when it will be. */
  function compareUntil(): void {
    const [a, b] = [old.observeUntil, one.observeUntil];
    if (a === b || one.mode === "enforce" || old.mode === "enforce") return;
    const later = a !== null && (b === null || b > a);
    say(later ? "wider" : "neutral", "observeUntil", textOfUntil(a), textOfUntil(b));
  }

  function compareActions(): void {
    const text = (of: Protection): string => (of.actions === null ? "every action" : textOfSet(of.actions));
    if (text(old) === text(one)) return;
    const lost =
      one.actions !== null && (old.actions === null || [...old.actions].some((a) => !one.actions?.has(a)));
    say(lost ? "wider" : governed(), "actions", text(old), text(one));
  }

  function comparePermit(): void {
    if (old.permit === null && one.permit === null) return;
    if (one.permit === null || old.permit === null) {
      const lost = one.permit === null;
      say(lost ? "wider" : governed(), "permit", textOfRules(old), textOfRules(one));
      return;
    }
    const texts = new Set(old.permit.map(({ when }) => when.text));
    const kept = new Set(one.permit.map(({ when }) => when.text));
    for (const rule of one.permit) {
      if (!texts.has(rule.when.text)) note("wider", `permit \`${rule.name}\``, null, rule.when.text, rule.at);
    }
    for (const rule of old.permit) {
      if (!kept.has(rule.when.text))
        note("narrower", `permit \`${rule.name}\``, rule.when.text, null, rule.at);
    }
  }
}

function textOfRules({ permit }: Protection): string | null {
  return permit === null ? null : permit.map(({ when }) => when.text).join(" or ");
}

function compareRank(from: Assurance, to: Assurance): Verdict {
  if (from === to) return undefined;
  return reaches(to, from) ? "narrower" : "wider";
}

/** Whether it may hold: observing it has an end, which comes without anybody doing anything. */
function mayBeInForce({ mode, observeUntil }: Protection): boolean {
  return mode === "enforce" || observeUntil !== null;
}

function textOfUntil(until: Instant | null): string | null {
  return until === null ? null : formatInstant(until);
}
