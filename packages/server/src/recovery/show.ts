import {
  passkeyPage,
  passwordPage,
  recoveryAskPage,
  recoveryEnrolPage,
  recoveryMailPage,
  recoverySecondPage,
  totpPage,
} from "@postern/console";
import type { Problem, Recovered, RecoveryService, RecoveryView } from "@postern/service";
import { cookieOf } from "../enforcement/session-handle.ts";
import { hostCookie } from "../gateway/cookies.ts";
import type { Prompt } from "../metrics.ts";
import { type Exchange, goTo, showNotice, showPage } from "../people/exchange.ts";
import { isSecret } from "../people/people-sessions.ts";
import { nonceOf, weaknessOf } from "../sign-in/form.ts";
import type { Wiring } from "../wiring.ts";

export const RECOVERY = "/recovery";
export const NEXT: string = `${RECOVERY}/next`;
export const DONE: string = `${RECOVERY}/done`;
/** One recovery in one browser. It is no session: nothing but these pages reads it. */
export const RECOVERY_COOKIE = "__Host-postern-recovery";
/** Three steps of ten minutes each. */
export const SECONDS = 1_800;
export const PROMPT: Prompt = { prompt: "recovery", control: "authentication", reason: "none" };

export type Enrolling = Recovered["kind"];
export type Failed = "wrong" | "slowed" | "busy";

/** What the recovery in a browser asks for next, as pages. */
export interface RecoveryShowing {
  secretOf(exchange: Exchange): string | null;
  newSecret(): string;
  over(exchange: Exchange): void;
  ask(exchange: Exchange, failed: Failed | null): void;
  next(exchange: Exchange, secret: string, failed?: Failed | null): Promise<void>;
  /** The page that a new way to sign in is made on. */
  enrolling(exchange: Exchange, secret: string, way: Enrolling, failed?: Problem | null): Promise<void>;
}

export function recoveryShowing(
  { metrics, world }: Pick<Wiring, "metrics" | "world">,
  recovery: RecoveryService,
): RecoveryShowing {
  const secretOf = ({ request }: Exchange): string | null => {
    const secret = cookieOf(request.headers.cookie, RECOVERY_COOKIE);
    return isSecret(secret) ? secret : null;
  };
  const newSecret = (): string => Buffer.from(world.random(32)).toString("base64url");
  const keyOf =
    (secret: string) =>
    (act: string): { readonly action: string; readonly nonce: string } => ({
      action: `${RECOVERY}/${act}`,
      nonce: nonceOf(secret),
    });

  /** The cookie stays: a form of before, sent late, does not end what this browser has open now. */
  function over(exchange: Exchange): void {
    const { recovery: m, signIn } = exchange.messages;
    showNotice(exchange, 410, m.over, [{ href: RECOVERY, label: signIn.again }]);
  }

  function ask(exchange: Exchange, failed: Failed | null): void {
    const known = secretOf(exchange);
    const secret = known ?? newSecret();
    const key = { action: RECOVERY, nonce: nonceOf(secret) };
    const page = recoveryAskPage(exchange.shell, { key, failed, signIn: "/sign-in" });
    const cookies = known === null ? [hostCookie(RECOVERY_COOKIE, secret, SECONDS)] : [];
    showPage(exchange, failed === null ? 200 : 429, page, { cookies });
  }

  async function next(exchange: Exchange, secret: string, failed: Failed | null = null): Promise<void> {
    const view = recovery.find(secret);
    if (view === null) return over(exchange);
    const status = failed === null ? 200 : failed === "wrong" ? 401 : failed === "slowed" ? 429 : 503;
    const form = keyOf(secret);
    const { shell, messages } = exchange;
    switch (view.step) {
      case "mail": {
        const { reference } = view;
        const page = recoveryMailPage(shell, { reference, failed, again: RECOVERY, form });
        return showPage(exchange, status, page);
      }
      case "second": {
        const asked = view.ways.includes("passkey") ? await recovery.passkeyRequest(secret) : null;
        const passkey = asked?.ok === true ? asked.value : null;
        const page = recoverySecondPage(shell, { ...view, passkey, failed, form });
        return showPage(exchange, status, page, { script: passkey !== null });
      }
      case "none": {
        metrics.prompted(PROMPT, "failed");
        recovery.end(secret);
        return showNotice(
          exchange,
          403,
          messages.recovery.none,
          [{ href: "/sign-in", label: messages.recovery.toSignIn }],
          [hostCookie(RECOVERY_COOKIE, "", 0)],
        );
      }
      case "enrol":
        return showPage(exchange, status, recoveryEnrolPage(shell, { ...shown(view), form }));
      default:
        return view satisfies never;
    }
  }

  async function enrolling(
    exchange: Exchange,
    secret: string,
    way: Enrolling,
    failed: Problem | null = null,
  ): Promise<void> {
    const view = recovery.find(secret);
    if (view === null) return over(exchange);
    if (view.step !== "enrol") return goTo(exchange, NEXT);
    const { shell, messages } = exchange;
    const status = failed === null ? 200 : 422;
    const key = keyOf(secret)(`new/${way}`);
    const back = { back: NEXT, backLabel: messages.recovery.back };
    switch (way) {
      case "password": {
        const weak = failed === null ? null : weaknessOf(failed.detail);
        return showPage(exchange, status, passwordPage(shell, { name: view.name, key, weak, ...back }));
      }
      case "totp": {
        const begun = recovery.beginTotp(secret);
        if (!begun.ok) return over(exchange);
        const page = totpPage(shell, { ...begun.value, key, failed: failed !== null, ...back });
        return showPage(exchange, status, page);
      }
      case "passkey": {
        const begun = await recovery.beginPasskey(secret);
        if (!begun.ok) return over(exchange);
        const options = begun.value;
        const page = passkeyPage(shell, { options, key, failed: failed !== null, ...back });
        return showPage(exchange, status, page, { script: true });
      }
      default:
        return way satisfies never;
    }
  }

  return { secretOf, newSecret, over, ask, next, enrolling };
}

function shown(
  view: Extract<RecoveryView, { readonly step: "enrol" }>,
): Omit<Parameters<typeof recoveryEnrolPage>[1], "form"> {
  return {
    name: view.name,
    factors: view.factors.flatMap(({ id, kind, label, issuer }) =>
      kind === "invitation" ? [] : [{ id, kind, label: label === "" ? (issuer ?? "") : label }],
    ),
  };
}
