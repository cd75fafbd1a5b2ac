import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { configWith, type Running, startPostern } from "@postern/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Browser, browser, formTo, type Page } from "../../../server/test/people/running.ts";
import { policyDir } from "../deployment.ts";
import { type Terminal, terminal } from "../terminal.ts";

const SECRET = "first-administrator-of-the-test";
const PASSWORD = "lamp river quiet orbit";

let directory: string;
let running: Running;
let run: Terminal;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "postern-bootstrap-"));
  running = await startPostern(
    configWith({
      mode: "development",
      port: 0,
      peoplePort: 0,
      gatewayPort: 0,
      dataDir: join(directory, "data"),
      policyDir,
      bootstrapToken: SECRET,
      logLevel: "silent",
    }),
  );
  run = terminal({
    env: { POSTERN_URL: running.urls.control, XDG_CONFIG_HOME: directory },
    stdin: SECRET,
  });
});
afterAll(async () => {
  await running.stop();
  await rm(directory, { recursive: true, force: true });
});

const linkFor = async (person: string): Promise<string> => {
  const said = await run(`bootstrap ${person} --account -o json`);
  expect([said.exit, said.stderr]).toEqual([0, expect.stringContaining("postern login")]);
  return (said.json() as { readonly invitation: { readonly url: string } }).invitation.url;
};
const follow = async (at: Browser, link: string): Promise<Page> => {
  const page = await at.go(link);
  const form = formTo(page, "/sign-in/invitation");
  return await at.submit(page, { ...form, fields: { ...form.fields, password: PASSWORD } });
};

describe("postern bootstrap --account", () => {
  it("takes the bootstrap secret and no other", async () => {
    const said = await run("bootstrap user:ben --account", { stdin: "guessed" });
    expect([said.exit, said.stderr]).toEqual([6, expect.stringContaining("bootstrap.secret")]);
  });

  it("ends with an administrator who has signed in, and with no token", async () => {
    const lost = await linkFor("user:mallory");
    const again = await linkFor("user:ben");
    const link = await linkFor("user:ben");
    expect((await browser().go(again)).text).toContain("no longer works");
    expect((await browser().go(lost)).text).toContain("no longer works");
    const at = browser();
    expect((await follow(at, link)).status).toBe(200);
    let visited: Promise<unknown> = Promise.resolve();
    const said = await run("login -o json", {
      browse: (address) => {
        visited = at.go(address);
      },
    });
    await visited;
    expect([said.exit, said.json()]).toEqual([
      0,
      expect.objectContaining({ person: { type: "user", id: "ben" }, roles: ["administrator"] }),
    ]);
    expect((await run("token ls -o json")).json()).toEqual([]);
    const roles = (await run("role ls -o json")).json() as readonly {
      readonly person: { readonly id: string };
      readonly state: string;
    }[];
    expect(roles.map(({ person, state }) => [person.id, state])).toEqual([
      ["ben", "held"],
      ["mallory", "revoked"],
    ]);
  });

  it("works no more once somebody has come in, in this way or in the other", async () => {
    for (const line of [
      "bootstrap user:eve --account",
      "bootstrap user:eve",
      "bootstrap user:ben --account",
    ]) {
      const said = await run(line);
      expect([line, said.exit, said.stderr]).toEqual([line, 1, expect.stringContaining("bootstrap.used")]);
    }
  });
});
