import type { Provider } from "oidc-provider";
import type { ProviderParts } from "./parts.ts";

/** When a client that did not answer is told again, in milliseconds. */
const AGAIN: readonly number[] = [1_000, 10_000, 60_000];

interface GrantPayload {
  readonly jti?: string;
  readonly clientId?: string;
  readonly accountId?: string;
}

interface TellsClients {
  backchannelLogout(account: string, session: string): Promise<void>;
}

/**
 * Back-channel logout (OpenID Connect Back-Channel Logout 1.0). Of several nodes that see a session end, the one that
 * takes a grant away tells its client.
 */
export function backChannel(
  provider: Provider,
  { artifacts, after, trouble }: Pick<ProviderParts, "artifacts" | "after" | "trouble">,
): (session: string) => Promise<void> {
  return async (session) => {
    const told = new Set<string>();
    for (const { payload } of await artifacts.byUid("Grant", session)) {
      const { jti, clientId, accountId } = payload as GrantPayload;
      if (jti === undefined || clientId === undefined || accountId === undefined) continue;
      if (!(await artifacts.destroy("Grant", jti))) continue;
      await artifacts.revokeGrant(jti);
      if (told.has(clientId)) continue;
      told.add(clientId);
      void tell(clientId, accountId, session, 0);
    }
  };

  async function tell(id: string, account: string, session: string, tries: number): Promise<void> {
    const client = await provider.Client.find(id).catch(() => undefined);
    if (client?.backchannelLogoutUri === undefined) return;
    try {
      await (client as unknown as TellsClients).backchannelLogout(account, session);
    } catch {
      const delay = AGAIN[tries];
      if (delay === undefined)
        trouble(`the client \`${id}\` was not told of a session's end: it does not answer`);
      else after(delay, () => void tell(id, account, session, tries + 1));
    }
  }
}
