/**
 * Actions that always face the full control, whatever policy says (Law 6). An application that protects such
 * an action under another name maps it here with a Protection's `as`, or marks it `sensitive`.
 */
export const NEVER_WAIVABLE: ReadonlySet<string> = new Set([
  "credentials.change",
  "contact.change",
  "factor.add",
  "factor.remove",
  "factor.rename",
  "opt-out.create",
  "opt-out.widen",
  "opt-out.renew",
  "approve",
  "erase",
  "limit.raise",
]);
