import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, must, type Organisation } from "../../../server/test/people/running.ts";
import { enrolled, giveName, type Person, startShop } from "../../../server/test/sign-in/account.ts";
import { type Said, type Terminal, terminal } from "../terminal.ts";

/** A deployment that signs operators in, and a command line with a configuration folder of its own. */
export interface Operators {
  readonly shop: Organisation;
  readonly folder: string;
  readonly file: string;
  readonly run: Terminal;
  /** Signs somebody in by a browser that may be signed in, and waits for the command. */
  login(at: Browser, name: string, more?: string): Promise<Said>;
  /** Grants a role by two persons where two are needed. */
  role(person: string, role: string): Promise<string>;
  stop(): Promise<void>;
}

export async function operators(): Promise<Operators> {
  const shop = await startShop();
  const folder = await mkdtemp(join(tmpdir(), "postern-login-"));
  const run = terminal({ env: { POSTERN_URL: shop.control, XDG_CONFIG_HOME: folder } });
  return {
    shop,
    folder,
    file: join(folder, "postern", "login.json"),
    run,
    async login(at, name, more = "") {
      let visited: Promise<unknown> = Promise.resolve();
      const said = await run(`login ${more}`, {
        browse: (address) => {
          visited = visit(at, address, name);
        },
      });
      await visited;
      return said;
    },
    async role(person, role) {
      const { roles } = shop.service;
      const made = must(await roles.grant(shop.admin, { person: { type: "user", id: person }, role }));
      if (made.waits !== undefined)
        must(await shop.service.unreviewed.confirm(await shop.second(), made.waits.id));
      return made.role.id;
    },
    async stop() {
      await shop.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What a person does in their browser; the loopback address is fetched like any other. */
async function visit(at: Browser, address: string, name: string): Promise<unknown> {
  const page = await at.go(address);
  return page.text.includes("/sign-in/password") ? await giveName(at, page, name) : page;
}

/** Somebody with a second factor: their account reaches aal2, and their browser is at it. */
export async function withSecond(shop: Organisation, name: string): Promise<Person> {
  return await enrolled(shop, name, true);
}
