export type { Draft } from "./draft.ts";
export { type DraftSource, keepDraft } from "./keep-draft.ts";
export {
  createSession,
  type Extension,
  type SessionClient,
  type SessionOptions,
  type SessionSnapshot,
} from "./session-client.ts";
export type { SessionDocument } from "./session-document.ts";
export { defineSessionTimeout, type PosternSessionElement } from "./session-element.ts";
export { SESSION_MESSAGES, type SessionMessages } from "./session-messages.ts";
