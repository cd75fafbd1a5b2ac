import type { Sessions as PosternSessions } from "@postern/sdk";

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

export function createSessions(postern: PosternSessions): Sessions {
  const clocks = (at: number) => ({
    authTime: new Date(at).toISOString(),
    expiresAt: new Date(at + LENGTH).toISOString(),
  });
  return {
    async signedIn({ name, device, at }) {
      const made = await postern.register({
        subject: { type: "user", id: name },
        ...(device === null ? {} : { device: { type: "device", id: device } }),
        acr: "aal1",
        amr: ["pwd"],
        ...clocks(at),
      });
      return made.secret;
    },
    async steppedUp({ name, session, at }) {
      const made = await postern.stepUp(session, {
        subject: { type: "user", id: name },
        acr: "aal2",
        amr: ["pwd", "otp"],
        ...clocks(at),
      });
      return made.secret;
    },
    async signedOut(session) {
      await postern.revoke(session);
    },
  };
}

export function sessionCookie(secret: string): string {
  return `__Host-postern=${secret}; Path=/; Secure; HttpOnly; SameSite=Lax`;
}

export const NO_SESSION_COOKIE = "__Host-postern=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0";
