/** Actions that change nothing, by the last word of their name (`catalogue.read`, `get`). */
export const READ_ACTIONS: ReadonlySet<string> = new Set([
  "get",
  "head",
  "options",
  "read",
  "list",
  "view",
  "search",
  "download",
]);

export function isReadAction(action: string): boolean {
  const word =
    action
      .toLowerCase()
      .split(/[.:_-]/)
      .at(-1) ?? "";
  return READ_ACTIONS.has(word);
}
