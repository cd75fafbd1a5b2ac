import type { Html } from "../html.ts";
import type { Told } from "./told.ts";

/** What the pages to sign in, and those of the ways to sign in, say. */
export interface SignInMessages {
  readonly heading: string;
  readonly stepHeading: string;
  /** Why the page is shown, and what it leads back to. */
  readonly why: Readonly<Record<"visit" | "step" | "fresh" | "change" | "form", string>>;
  /** Where several ways lead on. */
  readonly several: string;
  readonly as: (name: string) => Html;
  readonly name: string;
  readonly password: string;
  readonly code: string;
  readonly codeNote: string;
  readonly recovery: string;
  readonly recoveryCode: string;
  readonly recoveryNote: string;
  readonly go: string;
  readonly usePasskey: string;
  readonly passkeyNote: string;
  readonly noScript: string;
  readonly cancel: string;
  readonly wrong: string;
  readonly slowed: string;
  readonly busy: string;
  readonly over: Told;
  readonly again: string;
  readonly unreachable: Told;
  readonly addWay: string;
  readonly cancelled: Told;
  /** A form was waiting. */
  readonly cancelledForm: Told;
  readonly goneBack: string;
  readonly tooOften: Told;
  readonly invited: (name: string) => Html;
  readonly invitedHeading: string;
  readonly notInvited: Told;
  readonly signOut: string;
  readonly signedOut: Told;
  /** Signing in at another identity provider; `name` is what people know it by. */
  readonly upstream: {
    readonly signIn: (name: string) => string;
    readonly trouble: Readonly<Record<"down" | "lying" | "declined", (name: string) => Told>>;
    /** No account here belongs to the one there. */
    readonly unknown: (name: string) => Told;
    /** The account there belongs to somebody else here, or the sign-in there was too old. */
    readonly another: (name: string) => Told;
    readonly stillThere: (name: string) => Told;
    readonly signOut: (name: string) => string;
  };
  /** Signing in a device that shows a code. */
  readonly device: {
    readonly heading: string;
    readonly text: string;
    readonly warning: string;
    readonly code: string;
    readonly wrong: string;
    readonly confirmHeading: string;
    readonly asks: (client: string) => Html;
    readonly confirm: string;
    readonly refuse: string;
    readonly done: Told;
    readonly tooOften: Told;
  };
  /** What applications that sign people in with Postern lead to. */
  readonly client: {
    readonly trouble: Told;
    readonly signOut: string;
    readonly signOutHeading: string;
    /** `name`: of the application that asks; null: none that we know. */
    readonly asks: (name: string | null) => Html;
    readonly stay: string;
  };
}

export interface FactorMessages {
  readonly heading: string;
  readonly summary: string;
  /** Where it leads from other pages. */
  readonly open: string;
  readonly kind: Readonly<Record<"password" | "passkey" | "totp" | "recovery-code" | "upstream", string>>;
  readonly since: (at: Html) => Html;
  readonly lastUsed: (at: Html) => Html;
  readonly neverUsed: string;
  readonly left: (count: number) => string;
  readonly bound: string;
  readonly synced: string;
  readonly add: string;
  readonly addPasskey: string;
  readonly addTotp: string;
  readonly setPassword: string;
  readonly changePassword: string;
  readonly makeRecovery: string;
  readonly newRecovery: string;
  readonly rename: string;
  readonly renameTo: string;
  readonly remove: string;
  readonly confirmFirst: string;
  readonly confirm: string;
  readonly elsewhere: Told;
  readonly totpHeading: string;
  readonly totpText: string;
  readonly totpLink: string;
  readonly totpSecret: string;
  readonly totpCode: string;
  readonly label: string;
  readonly labelNote: string;
  readonly save: string;
  readonly passkeyHeading: string;
  readonly passkeyText: string;
  readonly passkeyGo: string;
  readonly passwordHeading: string;
  readonly newPassword: string;
  readonly passwordNote: string;
  readonly weak: Readonly<Record<"too-short" | "too-long" | "common", string>>;
  readonly notProved: string;
  readonly ended: Told;
  readonly last: Told;
  readonly tooMany: Told;
  readonly recoveryHeading: string;
  readonly recoveryText: string;
  readonly recoveryDone: string;
  readonly link: (name: string) => string;
  readonly linkFirst: (name: string) => Told;
  readonly linkGo: (name: string) => string;
  readonly linkedAlready: Told;
  readonly back: string;
  readonly saved: string;
}
