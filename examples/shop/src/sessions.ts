/** How the shop tells Postern who has signed in, and how. Never more than was done. */
export interface Sessions {
  /** A password was right. The secret goes into the browser's cookie and nowhere else. */
  signedIn(given: {
    readonly name: string;
    readonly device: string | null;
    readonly at: number;
  }): Promise<string>;
  /** A code was right: the same session with a new secret. */
  steppedUp(given: { readonly name: string; readonly session: string; readonly at: number }): Promise<string>;
  signedOut(session: string): Promise<void>;
}

const LENGTH = 8 * 3_600_000;

/** What the shop needs of Postern's client. */
export interface SessionsApi {
  register(given: {
    readonly id?: string;
    readonly subject: { readonly type: string; readonly id: string };
    readonly device?: { readonly type: string; readonly id: string };
    readonly acr: "aal1" | "aal2";
    readonly amr: readonly string[];
    readonly authTime: string;
    readonly expiresAt: string;
  }): Promise<{ readonly secret: string }>;
  revoke(id: string): Promise<unknown>;
}

export function createSessions(api: SessionsApi): Sessions {
  const clocks = (at: number) => ({
    authTime: new Date(at).toISOString(),
    expiresAt: new Date(at + LENGTH).toISOString(),
  });
  return {
    async signedIn({ name, device, at }) {
      const made = await api.register({
        subject: { type: "user", id: name },
        ...(device === null ? {} : { device: { type: "device", id: device } }),
        acr: "aal1",
        amr: ["pwd"],
        ...clocks(at),
      });
      return made.secret;
    },
    async steppedUp({ name, session, at }) {
      const made = await api.register({
        id: session,
        subject: { type: "user", id: name },
        acr: "aal2",
        amr: ["pwd", "otp"],
        ...clocks(at),
      });
      return made.secret;
    },
    async signedOut(session) {
      await api.revoke(session);
    },
  };
}

export function sessionCookie(secret: string): string {
  return `__Host-postern=${secret}; Path=/; Secure; HttpOnly; SameSite=Lax`;
}

export const NO_SESSION_COOKIE = "__Host-postern=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0";
