import type { Locator, Page } from "playwright-core";

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

export async function states(page: Page): Promise<readonly string[]> {
  return await page.evaluate("window.states");
}

/** The id, or else the text, of what has the focus, inside of components too. */
export async function focused(page: Page): Promise<string> {
  return await page.evaluate(
    "(() => { let at = document.activeElement; while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;" +
      " return at.id || at.name || at.textContent; })()",
  );
}

export function warningOf(page: Page): Locator {
  return page.getByRole("alertdialog");
}

export function coverOf(page: Page): Locator {
  return page.locator("dialog.cover");
}

export function bannerOf(page: Page): Locator {
  return page.getByRole("region", { name: "End of your session" });
}

/** A window behind others, as its page is told of it. */
export async function turn(page: Page, visibility: "hidden" | "visible"): Promise<void> {
  await page.evaluate(
    `Object.defineProperty(document, "visibilityState", { value: "${visibility}", configurable: true });` +
      `document.dispatchEvent(new Event("visibilitychange"))`,
  );
}
