import {
  type CompiledPolicy,
  compilePolicy,
  decide,
  type Instant,
  LONGEST_DURATION,
  type PolicyProblem,
  type PresetName,
  type Session,
  type SessionProfile,
} from "@postern/core";
import { after } from "../builders/opt-out.ts";
import { aRequest, aScene, aSession, factsOf, isOpen } from "../builders/scene.ts";
import type { Numbers } from "./numbers.ts";

/** What one check found: how much it judged, and what was not as expected. */
export interface Finding {
  readonly judged: number;
  readonly wrong: readonly string[];
  /** The source that the product names for the number. */
  readonly setBy: string | null;
}

/** One check under way. Nothing that it asks for reads the numbers but through the product. */
export interface Trial {
  readonly expect: (what: string, expected: unknown, got: unknown) => void;
  /** Says which source the product named. */
  readonly named: (source: string | null) => void;
  readonly compile: (presets: readonly PresetName[], lines?: readonly string[]) => Compiled;
  readonly numbers: Numbers;
}

export interface Compiled {
  readonly profile: SessionProfile | null;
  readonly problems: readonly PolicyProblem[];
  /** Whether `decide` lets the session's person through at this instant. */
  readonly lets: (session: Session, at: Instant) => boolean;
}

const PROTECTION = [
  "kind: Protection",
  "name: everything",
  "owner: tests",
  "mode: enforce",
  'resources: ["route:/**"]',
  'permit: [{ name: everyone, when: "true" }]',
  "require: { assurance: aal1 }",
  "session: judged",
  "---",
  "kind: SessionProfile",
  "name: judged",
  "owner: tests",
];

/** Runs a check; one that throws, or judges nothing, has not held. */
export function tried(check: (trial: Trial) => void, numbers: Numbers): Finding {
  const wrong: string[] = [];
  let judged = 0;
  let setBy: string | null = null;
  const trial: Trial = {
    numbers,
    expect: (what, expected, got) => {
      judged += 1;
      const [wanted, found] = [JSON.stringify(expected), JSON.stringify(got)];
      if (wanted !== found) wrong.push(`${what}: expected ${wanted}, got ${found}`);
    },
    named: (source) => {
      setBy = source;
    },
    compile: (presets, lines = []) => compileUnder(numbers, presets, lines),
  };
  try {
    check(trial);
  } catch (error) {
    wrong.push(`the check broke off: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (judged === 0) wrong.push("nothing was judged");
  return { judged, wrong, setBy };
}

/** A policy of one profile that names these presets, and a Protection under it. */
export function compileUnder(
  { presets: table }: Numbers,
  presets: readonly PresetName[],
  lines: readonly string[],
): Compiled {
  const named = `preset: [${presets.join(", ")}]`;
  const text = [...PROTECTION, named, ...lines, ""].join("\n");
  return compiledAs(compilePolicy([{ path: "judged.yaml", text }], { presets: table }));
}

function compiledAs(result: CompiledPolicy): Compiled {
  if (!result.ok) return { profile: null, problems: result.problems, lets: () => false };
  const { policy, warnings } = result;
  return {
    profile: policy.sessionProfiles.get("judged") ?? null,
    problems: warnings,
    lets: (session, at) => {
      const facts = factsOf(aScene({ session, optOuts: [] }));
      return isOpen(decide(aRequest(), facts, policy, { earliest: at, latest: at }));
    },
  };
}

/** When the sessions that are judged began, with the authentication and the last activity. */
export const BEGAN: Instant = after(0);

/** The same, which somebody has used all the time until then. */
export function usedUntil(at: Instant): Session {
  const began = untouched();
  return { ...began, activity: { since: BEGAN, activeAt: at, gaps: [] } };
}

/** A session that says of itself no end before any profile's, and that nobody has touched since it began. */
export function untouched(): Session {
  return aSession({
    authTime: BEGAN,
    startedAt: BEGAN,
    expiresAt: after(LONGEST_DURATION),
    inactivityEndsAt: null,
  });
}
