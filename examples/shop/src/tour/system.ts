import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Client, createClient, verifyAssertion } from "@postern/sdk";
import { configWith, readPolicyDirectory, type StartOptions, startPostern } from "@postern/server";
import { createSessions } from "../sessions.ts";
import { startShop } from "../shop.ts";
import { beginAccount } from "./account.ts";
import { keep, readKept, writePrivate } from "./keep.ts";
import { COMMANDS, POLICY } from "./place.ts";
import type { Ports } from "./ports.ts";
import { seed } from "./seed.ts";

export interface SampleOptions {
  /** Everything that is kept: Postern's data, the shop's, the sample's secrets. */
  readonly folder: string;
  readonly ports: Ports;
  /** Who signs people in: Postern, or the shop's own login. */
  readonly signIn: "postern" | "own";
  /** Print one line per decision. */
  readonly printDecisions: boolean;
  /** Files that name clients of the OpenID Provider, and other identity providers to sign in at. */
  readonly clients?: string;
  readonly upstreams?: string;
  /** A file that names transmitters of Shared Signals to listen to. */
  readonly transmitters?: string;
  /** In place of this machine's clock, for Postern and the shop. */
  readonly world?: NonNullable<StartOptions["world"]>;
}

export interface Sample {
  readonly control: string;
  readonly people: string;
  readonly gateway: string;
  /** The shop itself, which answers only what came through Postern. */
  readonly shop: string;
  readonly shopFolder: string;
  readonly ben: Client;
  readonly tokens: { readonly ben: string; readonly olga: string };
  /** The files were edited since their policy was put in force; a restart does not change what people may do. */
  readonly policyChanged: boolean;
  stop(): Promise<void>;
}

/** Starts Postern with the shop's policy, brings in the sample people and puts the shop behind the gateway. */
export async function startSample(options: SampleOptions): Promise<Sample> {
  const { folder, ports, signIn, printDecisions } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const kept = readKept(folder);
  keep(folder, kept);
  const pid = join(folder, "running.pid");
  writePrivate(pid, String(process.pid));
  const at = (port: number): string => `http://localhost:${port}`;
  const policyDir = signIn === "own" ? withOwnSignIn(join(folder, "policy")) : POLICY;
  const upstream = `http://127.0.0.1:${ports.shop}`;
  const running = await startPostern(
    configWith({
      mode: "development",
      port: ports.control,
      peoplePort: ports.people,
      gatewayPort: ports.gateway,
      publicUrl: at(ports.control),
      peopleUrl: at(ports.people),
      gatewayUrl: at(ports.gateway),
      upstream,
      trustedProxies: ["127.0.0.1/32"],
      dataDir: join(folder, "data"),
      policyDir,
      bootstrapToken: kept.bootstrap,
      origin: "shop.example/ledger",
      logLevel: "error",
      decisionLines: printDecisions,
      logNames: printDecisions,
      oidcClients: options.clients ?? null,
      upstreams: options.upstreams ?? null,
      signalTransmitters: options.transmitters ?? null,
    }),
    options.world === undefined ? {} : { world: options.world },
  );
  const now = options.world?.wall ?? Date.now;
  const { policy } = running.service;
  try {
    const shopFolder = join(folder, "shop");
    const { ben, tokens } = await seed(at(ports.control), folder, kept, async (secret) => {
      if (signIn === "postern") await beginAccount(running, secret, shopFolder);
    });
    const shop = await startShop({
      port: ports.shop,
      folder: shopFolder,
      signIn,
      sessions: createSessions(
        createClient({ url: at(ports.control), token: tokens.shop, app: "shop" }).sessions,
      ),
      verify: verifyAssertion({
        issuer: at(ports.control),
        audience: upstream,
        jwksUrl: `${at(ports.control)}/.well-known/jwks.json`,
        now,
      }),
      now,
      protectionPage: `${at(ports.people)}/me/protection`,
    });
    const jar = join(folder, "ana.cookies");
    rmSync(jar, { force: true });
    // What the commands of the tour read: a shell sources it.
    const values = {
      SHOP: at(ports.gateway),
      PEOPLE: at(ports.people),
      POSTERN_URL: at(ports.control),
      POSTERN_TOKEN: tokens.ben,
      SHOP_ADDRESS: upstream,
      SHOP_DATA_DIR: shopFolder,
      JAR: jar,
    };
    const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
    const lines = Object.entries(values).map(([name, value]) => `export ${name}=${quoted(value)}\n`);
    const path = `export PATH=${quoted(COMMANDS)}:"$PATH"\n`;
    writePrivate(join(folder, "tour.env"), lines.join("") + path);
    return {
      control: at(ports.control),
      people: at(ports.people),
      gateway: at(ports.gateway),
      shop: upstream,
      shopFolder,
      ben,
      tokens,
      policyChanged: policy.identify(readPolicyDirectory(policyDir)) !== policy.active(),
      async stop() {
        await running.stop();
        await shop.close();
        rmSync(pid, { force: true });
      },
    };
  } catch (error) {
    await running.stop();
    throw error;
  }
}

/** The same policy with the shop's own login in place of Postern's. */
function withOwnSignIn(folder: string): string {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const { path, text } of readPolicyDirectory(POLICY)) {
    const own = text.replaceAll("signIn: { url: postern }", "signIn: { url: /login, stepUp: /step-up }");
    writePrivate(join(folder, path), own);
  }
  return folder;
}
