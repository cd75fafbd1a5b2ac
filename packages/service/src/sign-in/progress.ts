import {
  type Assurance,
  type Instant,
  type Method,
  milliseconds,
  NIST_LIMITS,
  type ProvenMethod,
  reaches,
  reachOf,
  rungOf,
  type Session,
  type SubjectRef,
  standingOf,
  stricter,
  within,
  withMethods,
} from "@postern/core";
import { liveFactors } from "../factors/authority.ts";
import type { FactorParts } from "../factors/factor-parts.ts";
import type { AttemptView } from "../service.ts";
import type { Attempt, Proof } from "./attempts.ts";
import type { Provers } from "./prove.ts";
import type { UpstreamAccounts } from "./upstream.ts";

/** How far an attempt has come towards what it is for. */
export interface Progress {
  /** The session that is to be raised; null: there is none, or it counts no more. */
  sessionOf(attempt: Attempt): Session | null;
  /** Everything that counts for it now, with these proofs. */
  methods(proofs: readonly Proof[], session: Session | null): readonly ProvenMethod[];
  isEnough(attempt: Attempt, methods: readonly ProvenMethod[], at: Instant): boolean;
  /** Whether this person can reach what is wanted at all. */
  reachable(attempt: Attempt, subject: SubjectRef): boolean;
  /** What would bring it further. */
  ways(attempt: Attempt): readonly Method[];
  view(attempt: Attempt): AttemptView;
}

const ANYBODY: readonly Method[] = ["password", "passkey", "upstream"];
const IN_ORDER: readonly Method[] = ["passkey", "password", "totp", "recovery-code", "upstream"];

export function progressOf(parts: FactorParts, provers: Provers, elsewhere: UpstreamAccounts): Progress {
  const { state, directory, clock, authenticators } = parts;
  const sessionOf = ({ aim }: Attempt): Session | null =>
    aim.session === null ? null : (state.countingSession(aim.session) ?? null);

  /**
   * What must be reached: with a limit of age, or anew, never less than the session says already, or its level would
   * rest on something older than it says.
   */
  const targetOf = (attempt: Attempt, at: Instant): Assurance => {
    const { wanted, maxAge, anew } = attempt.aim;
    const session = sessionOf(attempt);
    const least = stricter(wanted, "aal1");
    return (maxAge === null && anew !== true) || session === null
      ? least
      : stricter(least, standingOf(session, at).acr);
  };
  const proofsOf = ({ stage }: Attempt): readonly Proof[] => (stage.kind === "known" ? stage.proofs : []);
  const subjectOf = ({ stage }: Attempt): SubjectRef | null =>
    stage.kind === "known" ? stage.subject : null;
  const reachable = (attempt: Attempt, subject: SubjectRef): boolean => {
    const at = clock.now().latest;
    const target = targetOf(attempt, at);
    return (
      reaches(reachOf(liveFactors(state, subject, at)), target) ||
      elsewhere
        .issuersOf(subject)
        .some((issuer) => reaches(authenticators.upstreamReach?.(issuer) ?? "none", target))
    );
  };
  const ways = (attempt: Attempt): readonly Method[] => {
    const subject = subjectOf(attempt);
    if (subject === null) return ANYBODY;
    // A passkey that did not verify its person may do so yet.
    const done = new Set(
      proofsOf(attempt).flatMap(({ method: { method, userVerified } }) =>
        method === "passkey" && !userVerified ? [] : [method],
      ),
    );
    const has = new Set(provers.factorsOf(subject).map(([{ kind }]) => kind));
    return IN_ORDER.filter((method) => {
      if (!has.has(method) || done.has(method)) return false;
      return method !== "recovery-code" || has.has("totp") || has.has("passkey");
    });
  };

  return {
    sessionOf,
    methods: (proofs, session) =>
      withMethods(
        session?.methods ?? [],
        proofs.map(({ method }) => method),
      ),
    isEnough(attempt, methods, at) {
      const { maxAge } = attempt.aim;
      const rung = rungOf(methods, at, maxAge === null ? NIST_LIMITS : within(milliseconds(maxAge + 1)));
      return rung !== null && reaches(rung.acr, targetOf(attempt, at));
    },
    reachable,
    ways,
    view(attempt) {
      const { aim } = attempt;
      const subject = subjectOf(attempt);
      return {
        purpose: aim.session === null ? "sign-in" : "step-up",
        target: targetOf(attempt, clock.now().latest),
        maxAge: aim.maxAge,
        name: subject === null ? null : (directory.name(subject)?.id ?? null),
        proven: proofsOf(attempt).map(({ method }) => method.method),
        ways: ways(attempt),
        reachable: subject === null || reachable(attempt, subject),
        linked: subject === null ? null : elsewhere.issuersOf(subject),
        anew: aim.anew === true,
        carry: aim.carry,
        asksShared: attempt.shared === null && (sessionOf(attempt)?.shared ?? null) === null,
      };
    },
  };
}
