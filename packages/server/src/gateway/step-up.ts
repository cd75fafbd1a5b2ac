import { steppedUpPage } from "@postern/console";
import { isAssurance } from "@postern/core";
import { type Answering, redirect, refuseRequest, sendPage } from "./answer.ts";
import { mayLink } from "./navigation.ts";
import type { OwnRoutes } from "./own-parts.ts";
import { OWN_SIGN_IN } from "./sign-in.ts";

/** Where a page's script leads a small window for a step-up, and where that window ends. */
export const STEP_UP = "/.postern/step-up";
export const STEPPED_UP = "/.postern/stepped-up";

const CALL = /^[A-Za-z0-9-]{1,64}$/;

/** Leaves for the people's pages, with a way back that tells the page that waits. Asks for nothing but a step. */
export function leaveToStepUp(to: Answering, query: string, { wiring }: OwnRoutes): void {
  const asked = new URLSearchParams(query);
  const call = asked.get("call") ?? "";
  const acr = asked.get("acr") ?? "aal1";
  const age = asked.get("max_age") ?? "0";
  if (!mayLink(to.request) || !CALL.test(call) || !isAssurance(acr) || !/^\d{1,9}$/.test(age)) {
    refuse(to);
    return;
  }
  const on = new URLSearchParams({
    acr,
    reason: asked.has("max_age") ? "authentication_too_old" : "assurance_too_low",
  });
  if (asked.has("max_age")) on.set("max_age", age);
  redirect(to, wiring.returns.attach(`${OWN_SIGN_IN}?${on}`, `${STEPPED_UP}?call=${call}`));
}

/** Says that the window may be closed. Nothing rests on it: the page that waits asks what its session says. */
export function steppedUp(to: Answering, query: string): void {
  const asked = new URLSearchParams(query);
  const call = asked.get("call") ?? "";
  if (!mayLink(to.request) || !CALL.test(call)) {
    refuse(to);
    return;
  }
  const outcome = asked.get("outcome") === "cancelled" ? "cancelled" : "done";
  sendPage(to, 200, (shell) => steppedUpPage(shell, { call, outcome }), {}, { script: true });
}

function refuse(to: Answering): void {
  refuseRequest(to, {
    problem: { code: "request.malformed", detail: "expected a window that was opened for a step-up" },
    told: (m) => m.gateway.malformed,
    ways: (m) => [{ href: "/", label: m.gateway.home }],
  });
}
