/** The five controls that one can be opted out of. */
export type ControlId = "authentication" | "step-up" | "session-timeout" | "just-in-time-access" | "identity";

export const CONTROL_IDS: readonly ControlId[] = [
  "authentication",
  "step-up",
  "session-timeout",
  "just-in-time-access",
  "identity",
];

export function isControlId(text: string): text is ControlId {
  return CONTROL_IDS.some((id) => id === text);
}
