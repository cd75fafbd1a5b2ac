/** An element with these attributes and this inside. Text is text: nothing is ever read as markup. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>>,
  ...inside: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...inside);
  return made;
}

/** Of a line that tells without interrupting. It is in the document, empty, before it says anything. */
export const TELLS: Readonly<Record<string, string>> = {
  role: "status",
  "aria-live": "polite",
  "aria-atomic": "true",
};

/** The line with its gap. */
export function seam(gap: HTMLElement = element("i", {})): HTMLElement {
  return element("div", { class: "seam", "aria-hidden": "true" }, element("i", {}), gap, element("i", {}));
}

/** A constructed sheet, which a page's content policy lets through. */
export function styled(root: ShadowRoot, ...styles: readonly string[]): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(styles.join(""));
  root.adoptedStyleSheets = [sheet];
}
