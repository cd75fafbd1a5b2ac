import type { Provider, Session } from "oidc-provider";
import type { ProviderSessions } from "./parts.ts";

/**
 * The provider's session is another handle of the one that this browser has at the people's pages: it has that one's
 * id, and says what that one says at this moment. A cookie of its own signs nobody in.
 */
export function bindSessions(provider: Provider, sessions: ProviderSessions): void {
  const Sessions = provider.Session as unknown as {
    new (payload?: object): Session;
    get: unknown;
    find(id: string): Promise<Session | undefined>;
    findByUid(uid: string): Promise<Session | undefined>;
  };
  Sessions.get = async (ctx: Parameters<typeof provider.Session.get>[0]): Promise<Session> => {
    const session = await found(ctx);
    ctx.oidc.entity("Session", session);
    return session;
  };

  async function found(ctx: Parameters<typeof provider.Session.get>[0]): Promise<Session> {
    const own = sessions.of(ctx.req);
    if (own === null) {
      const id = ctx.cookies.get(provider.cookieName("session"));
      const kept = id === undefined ? undefined : await Sessions.find(id);
      return kept !== undefined && kept.accountId === undefined ? kept : new Sessions();
    }
    const session = (await Sessions.findByUid(own.id)) ?? new Sessions({ uid: own.id });
    session.accountId = own.subject;
    session.acr = own.acr;
    session.amr = [...own.amr];
    session.loginTs = Math.floor(own.authTime / 1000);
    session.ensureClientContainer = (client) => {
      if (session.sidFor(client) === undefined) session.sidFor(client, own.id);
    };
    // Whom to tell of its end follows from the grants of the session that ends.
    if (ctx.oidc.route === "end_session_confirm") session.authorizations = undefined;
    return session;
  }
}
