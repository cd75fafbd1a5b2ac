import type { ControlId } from "../vocabulary/control.ts";
import { authentication } from "./authentication.ts";
import type { Control } from "./control.ts";
import { identity } from "./identity.ts";
import { justInTimeAccess } from "./just-in-time-access.ts";
import { sessionTimeout } from "./session-timeout.ts";
import { stepUp } from "./step-up.ts";

/** The controls in the order in which they are judged. */
export const CONTROLS: readonly Control[] = [
  identity,
  sessionTimeout,
  authentication,
  stepUp,
  justInTimeAccess,
];

export function controlOf(id: ControlId): Control {
  switch (id) {
    case "authentication":
      return authentication;
    case "step-up":
      return stepUp;
    case "session-timeout":
      return sessionTimeout;
    case "just-in-time-access":
      return justInTimeAccess;
    case "identity":
      return identity;
    default:
      return id satisfies never;
  }
}
