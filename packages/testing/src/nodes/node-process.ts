import { instant } from "@postern/core";
import { configWith, createLog, type Running, realWorld, startPostern } from "@postern/server";
import type { Caller, Service } from "@postern/service";
import { must } from "../deployment/deployment.ts";

/** What the campaign tells a node before it starts. */
export interface NodeOrders {
  /** Null: an embedded database in the directory. */
  readonly databaseUrl: string | null;
  readonly directory: string;
  readonly masterKey: string;
  readonly bootstrapToken: string;
  readonly origin: string;
  /** Milliseconds by which this node's wall clock is wrong. */
  readonly clockOff: number;
}

/** A person is made, signs in, opts out, and signs in again with less: what a browser would do at this node. */
export interface Enter {
  readonly call: number;
  readonly secret: string;
  readonly person: string;
  readonly offer: string;
  readonly now: string;
  readonly until: string;
}

export interface Entered {
  readonly optOut: string;
  readonly session: string;
}

export type FromNode =
  | { readonly kind: "ready"; readonly url: string }
  | { readonly kind: "entered"; readonly call: number; readonly done: Entered | null; readonly why: string };

process.once("message", (orders: NodeOrders) => {
  start(orders).then(serve, (cause: unknown) => {
    console.error(cause);
    process.exit(1);
  });
});
process.once("disconnect", () => process.exit(1));

function start(orders: NodeOrders): Promise<Running> {
  const world = realWorld();
  return startPostern(
    configWith({
      mode: "development",
      port: 0,
      peoplePort: 0,
      dataDir: orders.directory,
      databaseUrl: orders.databaseUrl,
      masterKey: Buffer.from(orders.masterKey, "base64"),
      bootstrapToken: orders.bootstrapToken,
      origin: orders.origin,
      decisionLines: false,
    }),
    {
      world: { ...world, wall: () => instant(world.wall() + orders.clockOff) },
      log: createLog("silent"),
      quiet: true,
    },
  );
}

function serve(running: Running): void {
  const tell = (what: FromNode): void => {
    process.send?.(what);
  };
  process.on("message", (asked: Enter) => {
    enter(running.service, asked).then(
      (done) => tell({ kind: "entered", call: asked.call, done, why: "" }),
      (cause: unknown) => tell({ kind: "entered", call: asked.call, done: null, why: String(cause) }),
    );
  });
  process.once("SIGTERM", () => {
    running.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  });
  tell({ kind: "ready", url: running.urls.control });
}

async function enter(service: Service, asked: Enter): Promise<Entered> {
  const token = service.tokens.bySecret(asked.secret);
  if (token === null) throw new Error("the token is unknown");
  const admin: Caller = { kind: "token", token };
  const name = { type: "user", id: asked.person };
  must(await service.entities.put(admin, name, { attributes: { roles: ["staff"], visits: 0 } }));
  const signIn = async (acr: "aal1" | "aal2"): Promise<string> =>
    must(
      await service.sessions.register(admin, {
        subject: name,
        acr,
        authTime: asked.now,
        expiresAt: asked.until,
      }),
    ).session.id;
  const session = service.sessions.byId(await signIn("aal2"));
  if (session === null) throw new Error("a session that was just registered is unknown");
  const caller: Caller = { kind: "session", session };
  const { id } = must(await service.optOuts.request(caller, { offer: asked.offer }));
  const { hash } = must(await service.optOuts.disclosure(caller, id, ["en"]));
  must(await service.optOuts.consent(caller, id, { disclosure: hash, locale: "en" }));
  return { optOut: id, session: await signIn("aal1") };
}
