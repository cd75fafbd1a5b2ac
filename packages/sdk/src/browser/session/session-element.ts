import { createSession, type SessionClient } from "./session-client.ts";
import { SESSION_MESSAGES, type SessionMessages } from "./session-messages.ts";
import { showSession } from "./session-view.ts";

/**
 * `<postern-session>`: the warning before a session ends, the quiet banner before its overall end, and the cover after it.
 *
 * Attributes: `base` and `for` as in `createSession`; `sign-in`, where people sign in (`{return}` stands for the path of
 * the page), else the page itself; `signed-out`, the application's own page for people who were signed out (`{return}`,
 * `{by}` and `{kept}`, an RFC 3339 instant or nothing), else the page is covered.
 */
export interface PosternSessionElement extends HTMLElement {
  /** In the language of the page. What is not given is in English. */
  messages: Partial<SessionMessages>;
  /** Its own, made when it enters the page, unless one was set before. */
  session: SessionClient | null;
}

declare global {
  interface HTMLElementTagNameMap {
    "postern-session": PosternSessionElement;
  }
}

/** Makes `<postern-session>` known to this page. Nothing is registered on import; a second call changes nothing. */
export function defineSessionTimeout(): void {
  if (customElements.get("postern-session") !== undefined) return;
  customElements.define(
    "postern-session",
    class extends HTMLElement implements PosternSessionElement {
      messages: Partial<SessionMessages> = {};
      session: SessionClient | null = null;
      #own: SessionClient | null = null;
      #takeAway: (() => void) | null = null;

      connectedCallback(): void {
        if (this.session === null) {
          this.#own = createSession({
            base: this.getAttribute("base") ?? "/.postern/session",
            for: () => this.getAttribute("for") ?? location.pathname,
          });
          this.session = this.#own;
        }
        const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
        this.#takeAway = showSession(root, this.session, { ...SESSION_MESSAGES, ...this.messages }, () => ({
          signIn: this.getAttribute("sign-in"),
          signedOut: this.getAttribute("signed-out"),
        }));
      }

      disconnectedCallback(): void {
        this.#takeAway?.();
        this.#own?.close();
        if (this.session === this.#own) this.session = null;
        this.#own = null;
      }
    },
  );
}
