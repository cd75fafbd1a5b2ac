import { inDays, type TestPostern, testPostern } from "../fixture/running.ts";

/** One node that any gate may ask, one that believes its proxy alone, and Ana's session at the first. */
export interface Gates {
  readonly postern: TestPostern;
  readonly guarded: TestPostern;
  readonly secret: string;
  readonly session: string;
  stop(): Promise<void>;
}

export async function startGates(): Promise<Gates> {
  const postern = await testPostern();
  const guarded = await testPostern({ trustedProxies: ["10.0.0.0/8"] });
  const token = await postern.token(["sessions.register"], { maxAcr: "aal1", subjectTypes: ["user"] });
  const registered = await postern.call("POST", "/v1/sessions", {
    token,
    body: {
      subject: { type: "user", id: "ana" },
      acr: "aal1",
      authTime: new Date().toISOString(),
      expiresAt: inDays(0.2),
    },
  });
  return {
    postern,
    guarded,
    secret: registered.json.secret,
    session: registered.json.session.id,
    async stop() {
      await Promise.all([postern.stop(), guarded.stop()]);
    },
  };
}
