import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import type { Stage } from "./stage.ts";

/** Records each text that the live nodes get, in order; what is told at once is marked. */
const RECORD = `(() => {
  window.said = [];
  const root = document.querySelector("postern-session").shadowRoot;
  for (const node of root.querySelectorAll("[role=status],[role=alert]")) {
    new MutationObserver(() => {
      if (node.textContent !== "") window.said.push((node.role === "alert" ? "! " : "") + node.textContent);
    }).observe(node, { childList: true, characterData: true, subtree: true });
  }
})()`;

export async function record(page: Page): Promise<void> {
  await page.evaluate(RECORD);
}

export async function said(page: Page): Promise<readonly string[]> {
  return await page.evaluate("window.said");
}

/** The id, or else the text, of what has the focus, inside of components too. */
export async function focused(page: Page): Promise<string> {
  return await page.evaluate(
    "(() => { let at = document.activeElement; while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;" +
      " return at.id || at.textContent; })()",
  );
}

export const warningOf = (page: Page): Locator => page.getByRole("alertdialog");
export const timeOf = (page: Page): Locator => warningOf(page).locator(".time");
export const coverOf = (page: Page): Locator => page.locator("dialog.cover");
export const bannerOf = (page: Page): Locator => page.getByRole("region", { name: "End of your session" });

/** Why the page is covered, in its words. */
export async function whyOf(page: Page): Promise<readonly string[]> {
  await coverOf(page).waitFor();
  return await coverOf(page).locator("p").allTextContents();
}

/** A window behind others, as its page is told of it. */
export async function turn(page: Page, visibility: "hidden" | "visible"): Promise<void> {
  await page.evaluate(
    `Object.defineProperty(document, "visibilityState", { value: "${visibility}", configurable: true });` +
      `document.dispatchEvent(new Event("visibilitychange"))`,
  );
}

/** One's own session, as the gateway describes it to a page. */
export interface OwnSession {
  readonly state: string;
  readonly id: string;
  readonly acr: string;
  readonly authTime: string;
  readonly endsAt: string;
  readonly endsBy: string;
  readonly warnAt: string;
  readonly canExtend: boolean;
  readonly extensionsLeft: number | null;
  readonly limits: {
    readonly overall: { readonly endsAt: string };
    readonly inactivity: { readonly endsAt: string };
  };
  readonly optOut: { readonly inForce: boolean; readonly ignored: string | null } | null;
  readonly endedBy: string | null;
  readonly draftKey?: string;
}

/** What the gateway says of the session of a window. Extends nothing. */
export async function ownSession(page: Page, path = "/account"): Promise<OwnSession> {
  return await page.evaluate(
    `fetch("/.postern/session?for=${encodeURIComponent(path)}", { cache: "no-store" }).then((answer) => answer.json())`,
  );
}

/** Lets time pass until the warning is due, and sees that it is there then and not a second earlier. */
export async function untilWarned(stage: Stage, page: Page): Promise<void> {
  for (let tries = 0; tries < 3; tries++) {
    const wait = Date.parse((await ownSession(page)).warnAt) - stage.server.now();
    if (wait <= 1_000) break;
    // What a person did just before is told within a minute, and moves the warning once more.
    await stage.pass(wait - 1_000, 30_000);
  }
  assert.equal(await warningOf(page).isVisible(), false);
  await stage.pass(1_000);
  await warningOf(page).waitFor({ timeout: 3_000 });
}
