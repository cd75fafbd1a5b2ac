import { type Instant, type Policy, type RiskLevel, reaches, type Session, type StepUp } from "@postern/core";

/** What is asked where policy says of a level that it is not low, and nothing of what it asks. */
const PROOF: StepUp = { assurance: "aal2", maxAge: null };

/**
 * Whether where a session was begun may count as usual of its person: it did already, or the session has proved what
 * policy asks at its level. DANGER: else whoever has a password alone need only come twice.
 */
export function mayBecomeUsual(
  { acr, authTime }: Pick<Session, "acr" | "authTime">,
  level: RiskLevel,
  { risk }: Pick<Policy, "risk">,
  now: Instant,
): boolean {
  // Without a score no level says where somebody usually is.
  if (level === "low" || risk?.scoring === undefined) return true;
  const asked =
    level === "unknown" ? [PROOF, ...risk.requires.values()] : [risk.requires.get(level) ?? PROOF];
  return asked.every(
    ({ assurance, maxAge }) => reaches(acr, assurance) && (maxAge === null || now - authTime < maxAge),
  );
}
