/**
 * Warns before the session ends, and keeps what is typed into forms that are marked for it. The front page belongs to
 * nobody's session, so there it is asked for the page that leads to signing in.
 */
export const SESSION: string = `import { createSession, defineSessionTimeout, keepDraft } from "POSTERN";

const session = createSession({ for: () => (location.pathname === "/" ? "/account" : location.pathname) });
for (const form of document.querySelectorAll("form.kept")) {
  keepDraft(form, { session }).restored.then((wasRestored) => {
    if (wasRestored) form.querySelector("[role=status]").textContent = "What you had typed was put back.";
  });
}
defineSessionTimeout();
const timeout = document.createElement("postern-session");
const { signIn } = document.body.dataset;
if (signIn !== undefined) timeout.setAttribute("sign-in", signIn);
timeout.session = session;
document.body.append(timeout);
`;
