import type { Html } from "../html.ts";

/** What the page of trusted devices says. */
export interface DeviceMessages {
  readonly heading: string;
  readonly summary: string;
  /** Where it leads from other pages. */
  readonly open: string;
  readonly trusted: string;
  readonly over: string;
  readonly thisOne: string;
  readonly unnamed: string;
  readonly since: (at: Html) => Html;
  readonly until: (at: Html) => Html;
  readonly ended: (at: Html) => Html;
  readonly revoked: (at: Html) => Html;
  readonly trustThis: string;
  readonly trustText: string;
  readonly trust: string;
  readonly label: string;
  readonly labelNote: string;
  readonly renew: string;
  readonly renewFirst: string;
  readonly rename: string;
  readonly renameTo: string;
  readonly save: string;
  readonly revoke: string;
  readonly confirmFirst: string;
  readonly confirm: string;
  readonly unsaid: string;
  readonly shared: string;
  readonly elsewhere: string;
  readonly noScript: string;
  readonly notHere: string;
  readonly failed: string;
  /** The tick at sign-in. */
  readonly tick: string;
  readonly tickNote: string;
}
