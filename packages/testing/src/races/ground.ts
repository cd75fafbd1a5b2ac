import type { asking } from "./ask.ts";

/** Where the client of the provider is led back to; nothing listens there. */
export const CALLBACK = "http://127.0.0.1:1/callback";

/** What a session of ours is made with. */
export interface Ground {
  readonly control: string;
  readonly people: string;
  readonly gateway: string;
  readonly ask: ReturnType<typeof asking>;
  /** Secrets of the administrator and of the application that registers sessions. */
  readonly admin: string;
  readonly application: string;
  readonly client: { readonly id: string; readonly secret: string };
  /** An invitation for a new person. */
  invite(person: string): Promise<string>;
  /** The person of this session opts out of the second step. */
  optOut(session: string): Promise<void>;
}
