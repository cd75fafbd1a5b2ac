export type { Ask, Guard, GuardOptions, GuardSubject, OnUnavailable } from "./guard.ts";
export { createGuard } from "./guard.ts";
export type { Challenge, Deny, GuardDecision, Honour, LetThrough, Permit, Refused } from "./outcome.ts";
export { isLetThrough } from "./outcome.ts";
export { decisionHeaders, type RefusalAnswer, refusalAnswer, refusalResponse } from "./refusal.ts";
