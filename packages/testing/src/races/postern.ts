import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { configWith, createLog, startPostern } from "@postern/server";
import type { Caller } from "@postern/service";
import type { Dice } from "../crash/seeded.ts";
import { must } from "../deployment/deployment.ts";
import { asking } from "./ask.ts";
import type { Contestant, Race, RacedSession } from "./contestant.ts";
import { CALLBACK, type Ground } from "./ground.ts";
import { createPoints, drawPlan, type Points } from "./points.ts";
import { RACES_POLICY } from "./races-policy.ts";
import { registeredSession } from "./registered-session.ts";
import { signedInSession } from "./signed-in-session.ts";

const BOOTSTRAP = "bootstrap-of-the-races";
/** One of so many sessions begins at our own pages and ends up at a client of the provider. */
const SIGNED_IN = { "refresh against revoke": 2, "late cache fill": 4 } as const;

export interface RacedPostern extends Contestant {
  readonly ground: Ground;
  readonly points: Points;
}

/** Postern with shipped defaults, all three listeners on loopback, an application behind the gateway. */
export async function racedPostern(): Promise<RacedPostern> {
  const directory = await mkdtemp(join(tmpdir(), "postern-races-"));
  const points = createPoints();
  const client = { id: "shop", secret: randomBytes(32).toString("hex") };
  const clients = join(directory, "clients.json");
  await writeFile(
    clients,
    JSON.stringify({
      clients: [
        {
          client_id: client.id,
          client_secret: client.secret,
          redirect_uris: [CALLBACK],
          introspect: true,
        },
      ],
    }),
  );
  const application = createServer((_, response) => {
    void points.at("application:answer").then(() => response.end("notes"));
  });
  await new Promise<void>((ready) => application.listen(0, "127.0.0.1", ready));
  const address = application.address();
  const running = await startPostern(
    configWith({
      mode: "development",
      dataDir: join(directory, "data"),
      port: 0,
      peoplePort: 0,
      gatewayPort: 0,
      host: "127.0.0.1",
      upstream: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
      bootstrapToken: BOOTSTRAP,
      trustedProxies: ["127.0.0.1"],
      oidcClients: clients,
    }),
    { quiet: true, log: createLog("silent"), store: points.store },
  );
  const { service, urls } = running;
  const { factors, optOuts, sessions, tokens, policy } = service;
  if (factors === null || urls.gateway === undefined)
    throw new Error("expected people who sign in, and a gateway");
  const first = must(await tokens.bootstrap(BOOTSTRAP, { type: "user", id: "olga" }));
  const token = tokens.bySecret(first.secret);
  if (token === null) throw new Error("the token that was just issued is unknown");
  const admin: Caller = { kind: "token", token };
  const published = must(await policy.publish(admin, [{ path: "races.yaml", text: RACES_POLICY }]));
  must(await policy.activate(admin, published.id));
  const application2 = must(
    await tokens.issue(admin, {
      label: "application",
      scopes: ["sessions.register"],
      maxAcr: "aal2",
      subjectTypes: ["user"],
      expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
    }),
  );
  const ask = asking();
  const ground: Ground = {
    control: urls.control,
    people: urls.people,
    gateway: urls.gateway,
    ask,
    admin: first.secret,
    application: application2.secret,
    client,
    invite: async (person) => must(await factors.invite(admin, { type: "user", id: person })).secret,
    async optOut(id) {
      const session = sessions.byId(id);
      if (session === null) throw new Error(`there is no session \`${id}\``);
      const caller: Caller = { kind: "session", session };
      const asked = must(await optOuts.request(caller, { offer: "reports-without-a-code" }));
      const { hash } = must(await optOuts.disclosure(caller, asked.id, ["en"]));
      must(await optOuts.consent(caller, asked.id, { disclosure: hash, locale: "en" }));
    },
  };
  let begun = 0;
  return {
    name: "Postern",
    ground,
    points,
    begin(race: Race, dice: Dice): Promise<RacedSession> {
      begun += 1;
      const every = race in SIGNED_IN ? SIGNED_IN[race as keyof typeof SIGNED_IN] : 0;
      return every > 0 && begun % every === 0
        ? signedInSession(ground, race, `signed-in-${begun}`)
        : registeredSession(ground, race, `registered-${begun}`, dice);
    },
    async hold(dice) {
      points.plan = dice === null ? new Map() : drawPlan(dice);
    },
    async stop() {
      ask.close();
      await running.stop();
      application.closeAllConnections();
      await new Promise((closed) => application.close(closed));
      await rm(directory, { recursive: true, force: true });
    },
  };
}
