import type { Artifact, Artifacts } from "@postern/service";
import { type Adapter, type AdapterPayload, errors, Provider } from "oidc-provider";
import type { ProviderSessions } from "./parts.ts";

/** What is worth nothing without the session that it was handed out in. */
const OF_A_SESSION: ReadonlySet<string> = new Set([
  "AuthorizationCode",
  "AccessToken",
  "RefreshToken",
  "DeviceCode",
]);

const GOOD_ONCE: ReadonlySet<string> = new Set(["AuthorizationCode", "RefreshToken"]);

/** Keeps what the provider hands out among the artifacts, and gives back nothing whose session does not live. */
export function adapterOf(
  artifacts: Artifacts,
  sessions: Pick<ProviderSessions, "byId">,
  /** Told of the session whose code or refresh token came a second time. */
  onReuse: (session: string) => void,
): (kind: string) => Adapter {
  return (kind) => {
    const lives = (payload: AdapterPayload): boolean => {
      // One that holds nobody's sign-in carries the question of a sign-out at most.
      // A device that nobody has answered for yet is nobody's.
      if ((kind === "Session" || kind === "DeviceCode") && payload.accountId === undefined) return true;
      if (kind !== "Session" && !OF_A_SESSION.has(kind)) return true;
      const id = kind === "Session" ? payload.uid : payload.sessionUid;
      const session = id === undefined ? null : sessions.byId(id);
      return session !== null && session.subject === payload.accountId;
    };
    const reused = (payload: AdapterPayload | undefined): void => {
      if (GOOD_ONCE.has(kind) && payload?.sessionUid !== undefined) onReuse(payload.sessionUid);
    };
    const given = (found: Artifact | null): AdapterPayload | undefined => {
      if (found === null) return undefined;
      const payload = found.payload as AdapterPayload;
      if (!lives(payload)) return undefined;
      // Whoever only asks about it does not use it.
      if (found.consumedAt !== null && Provider.ctx?.oidc.route === "token") reused(payload);
      return found.consumedAt === null
        ? payload
        : { ...payload, consumed: Math.floor(found.consumedAt / 1000) };
    };
    return {
      async upsert(id, payload, expiresIn) {
        const uid =
          kind === "Session"
            ? payload.uid
            : kind === "DeviceCode"
              ? payload.userCode
              : kind === "Grant"
                ? Provider.ctx?.oidc.session?.uid
                : undefined;
        await artifacts.put(kind, id, {
          payload,
          grant: payload.grantId ?? null,
          uid: uid ?? null,
          seconds: expiresIn ?? 0,
        });
        // Two came with the same proof at once (RFC 9449 section 11.1): one of them alone was the first.
        if (kind === "ReplayDetection" && !(await artifacts.consume(kind, id)))
          throw new errors.InvalidDpopProof("the proof was used already");
      },
      find: async (id) => given(await artifacts.get(kind, id)),
      async findByUid(uid) {
        const [first] = await artifacts.byUid(kind, uid);
        return given(first ?? null);
      },
      async findByUserCode(code) {
        const [first] = await artifacts.byUid(kind, code);
        return given(first ?? null);
      },
      async consume(id) {
        if (await artifacts.consume(kind, id)) return;
        // Two came with the same one at once: whoever of them it belongs to, the family ends.
        const payload = (await artifacts.get(kind, id))?.payload as AdapterPayload | undefined;
        reused(payload);
        const grant = payload?.grantId;
        if (grant !== undefined) {
          await artifacts.destroy("Grant", grant);
          await artifacts.revokeGrant(grant);
        }
        throw new errors.InvalidGrant("it was used already");
      },
      async destroy(id) {
        await artifacts.destroy(kind, id);
      },
      revokeByGrantId: (grant) => artifacts.revokeGrant(grant),
    };
  };
}
