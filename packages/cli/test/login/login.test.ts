import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { send } from "../../../server/test/fixture/send.ts";
import { browser, formTo, must } from "../../../server/test/people/running.ts";
import { enrolled, type Person } from "../../../server/test/sign-in/account.ts";
import { type Operators, operators, withSecond } from "./operators.ts";

let at: Operators;
let ben: Person;
let role: string;
beforeAll(async () => {
  at = await operators();
  ben = await withSecond(at.shop, "ben");
  role = await at.role("ben", "administrator");
});
afterAll(() => at.stop());

interface Kept {
  readonly access: string;
  readonly refresh: string;
  readonly resource: string;
}
const kept = async (): Promise<Kept> => JSON.parse(await readFile(at.file, "utf8"));
const ask = async (bearer: string, path = "/v1/tokens", method = "GET"): Promise<[number, string]> => {
  const answer = await fetch(`${at.shop.control}${path}`, {
    method,
    headers: { authorization: `Bearer ${bearer}` },
  });
  const { code = "" } = (await answer.json()) as { readonly code?: string };
  return [answer.status, code];
};

describe("postern login", () => {
  it("signs in by the system's browser and says who one is", async () => {
    const said = await at.login(ben.at, "ben", "-o json");
    expect([said.exit, said.stderr]).toEqual([0, expect.stringContaining("sign in at")]);
    expect(said.json()).toMatchObject({
      person: { type: "user", id: "ben" },
      acr: "aal2",
      roles: ["administrator"],
      scopes: ["admin"],
    });
  });

  it("keeps handles of the session in a file for its owner alone, and prints none of them", async () => {
    await chmod(at.file, 0o644);
    const said = await at.login(ben.at, "ben");
    expect((await stat(at.file)).mode & 0o777).toBe(0o600);
    const { access, refresh, resource } = await kept();
    expect(resource).toBe(at.shop.control);
    for (const secret of [access, refresh]) expect(said.stdout + said.stderr).not.toContain(secret);
  });

  it("reads and writes with the roles of now, recorded as the person in them", async () => {
    expect((await at.run("token ls")).exit).toBe(0);
    const locked = await at.run(["lock", "place", "everything", "--reason", "drill", "-o", "json"]);
    expect([locked.exit, locked.stderr]).toEqual([0, ""]);
    const { service, admin } = at.shop;
    const entries = must(await service.ledger.entries(admin, service.ledger.size() - 1, 1));
    const entry = JSON.parse(entries[0]?.entry ?? "{}");
    expect(entry).toMatchObject({ type: "lock.placed", by: { roles: [role] } });
    expect(entry.by.via).toMatch(/^ses_/);
  });

  it("renews the access token once, however many commands run at a time", async () => {
    const before = await kept();
    await writeFile(at.file, JSON.stringify({ ...before, expiresAt: 0 }));
    const said = await Promise.all([at.run("whoami"), at.run("whoami"), at.run("whoami")]);
    expect(said.map(({ exit, stderr }) => [exit, stderr])).toEqual([
      [0, ""],
      [0, ""],
      [0, ""],
    ]);
    expect((await kept()).refresh).not.toBe(before.refresh);
    expect((await stat(at.file)).mode & 0o777).toBe(0o600);
  });

  it("signs in where there is no browser, by a code that is typed elsewhere", async () => {
    const told = new Promise<string>((resolve) => {
      const running = at.run("login --device", {
        stderrSeen: (text) => {
          const [, code] = /type (\S+)/.exec(text) ?? [];
          if (code !== undefined) resolve(code);
        },
      });
      device = running;
    });
    const code = await told;
    const page = await ben.at.go(`${at.shop.people}/oidc/device`);
    const form = formTo(page, "/oidc/device");
    const asked = await ben.at.submit(page, { ...form, fields: { ...form.fields, user_code: code } });
    expect(asked.text).toContain("command line");
    const go = formTo(asked, "/oidc/device");
    await ben.at.submit(asked, { ...go, fields: { ...go.fields, confirm: "yes" } });
    const said = await device;
    expect([said?.exit, said?.stdout]).toEqual([0, expect.stringContaining("user:ben")]);
  }, 30_000);
  let device: ReturnType<Operators["run"]> | undefined;

  it("takes a code from nobody who does not know the state, and goes on waiting for who does", async () => {
    let forged = 0;
    let visited: Promise<unknown> = Promise.resolve();
    const said = await at.run("login", {
      browse: (address) => {
        visited = (async () => {
          const back = new URL(address).searchParams.get("redirect_uri") ?? "";
          forged = (await fetch(`${back}?code=stolen&state=guessed&iss=${at.shop.people}/oidc`)).status;
          await ben.at.go(address);
        })();
      },
    });
    await visited;
    expect([forged, said.exit]).toEqual([400, 0]);
  });

  it("outlives whatever else comes to its address", async () => {
    const seen: number[] = [];
    let visited: Promise<unknown> = Promise.resolve();
    const said = await at.run("login", {
      browse: (address) => {
        visited = (async () => {
          const back = new URL(new URL(address).searchParams.get("redirect_uri") ?? "");
          for (const [method, path] of [
            ["GET", "//"],
            ["GET", "/"],
            ["POST", "/callback"],
          ] as const)
            seen.push((await send(Number(back.port), method, path, {})).status);
          await ben.at.go(address);
        })();
      },
    });
    await visited;
    expect([seen, said.exit]).toEqual([[404, 404, 404], 0]);
  });

  it("believes no answer of another provider", async () => {
    const said = await at.run("login", {
      browse: (address) => {
        const { searchParams } = new URL(address);
        const back = new URL(searchParams.get("redirect_uri") ?? "");
        back.search = `code=x&state=${searchParams.get("state")}&iss=https://other.example`;
        void fetch(back);
      },
    });
    expect([said.exit, said.stderr]).toEqual([6, expect.stringContaining("another provider")]);
  });

  it("is led back to this machine alone", async () => {
    let address = "";
    const stop = new AbortController();
    await at.run("login", {
      signal: stop.signal,
      browse: (one) => {
        address = one;
        stop.abort();
      },
    });
    for (const elsewhere of [
      "https://evil.example/callback",
      "http://127.0.0.1.evil.example/callback",
      "http://127.0.0.1:9/other",
      "http://localhost:9/callback",
    ]) {
      const changed = new URL(address);
      changed.searchParams.set("redirect_uri", elsewhere);
      const page = await ben.at.go(changed.href);
      expect([elsewhere, page.status, page.url.startsWith(at.shop.people)]).toEqual([elsewhere, 400, true]);
    }
  });

  it("hands nothing to a control plane that calls itself by another's name", async () => {
    const lying: typeof fetch = async (input, init) =>
      String(input).startsWith("http://127.0.0.1:1/")
        ? Response.json({ resource: at.shop.control, authorization_servers: [`${at.shop.people}/oidc`] })
        : fetch(input, init);
    const said = await at.run("login --url http://127.0.0.1:1", { fetch: lying });
    expect([said.exit, said.stderr]).toEqual([6, expect.stringContaining("expected the control plane")]);
    const other = await at.run("whoami --url http://127.0.0.1:1", { fetch: lying });
    expect([other.exit, other.stderr]).toEqual([2, expect.stringContaining("no token")]);
  });
});

describe("the control plane's API", () => {
  it("takes the access token, and neither the ID token, the refresh token nor one that is made up", async () => {
    const { access, refresh } = await kept();
    expect(await ask(access)).toEqual([200, ""]);
    const [head] = [Buffer.from(JSON.stringify({ alg: "none" })).toString("base64url")];
    for (const other of [refresh, `${head}.e30.`, access.slice(0, -1), `${access}A`, "A".repeat(43)])
      expect(await ask(other)).toEqual([401, "caller.unauthenticated"]);
  });

  it("asks for a second step before what writes, and says by what command", async () => {
    const cleo = await enrolled(at.shop, "cleo", false);
    await at.role("cleo", "administrator");
    await at.login(cleo.at, "cleo");
    expect((await at.run("token ls")).exit).toBe(0);
    const said = await at.run("session end --all-of user:nobody");
    expect(said.exit).toBe(6);
    expect(said.stderr).toContain("postern login --level aal2");
    const { access } = await kept();
    const answer = await fetch(`${at.shop.control}/v1/keys/assertion/rotate`, {
      method: "POST",
      headers: { authorization: `Bearer ${access}` },
    });
    expect(answer.headers.get("www-authenticate")).toBe(
      'Bearer realm="postern", error="insufficient_user_authentication", acr_values="aal2"',
    );
    const cannot = await at.login(cleo.at, "cleo", "--level aal2");
    expect(cannot.exit).toBe(6);
  });

  it("lets nobody do more than their roles, from the moment on in which one is taken away", async () => {
    const dora = await withSecond(at.shop, "dora");
    const id = await at.role("dora", "auditor");
    await at.login(dora.at, "dora");
    const { access } = await kept();
    expect(await ask(access, "/v1/roles")).toEqual([200, ""]);
    expect(await ask(access)).toEqual([403, "caller.scope"]);
    expect(await ask(access, `/v1/roles/${id}`, "DELETE")).toEqual([403, "caller.scope"]);
    must(await at.shop.service.roles.revoke(at.shop.admin, id));
    expect(await ask(access, "/v1/roles")).toEqual([403, "caller.scope"]);
    expect((await at.run("whoami -o json")).json()).toMatchObject({ roles: [], scopes: [] });
  });

  it("knows no role of somebody who is suspended, and nobody who is deleted", async () => {
    const emil = await withSecond(at.shop, "emil");
    await at.role("emil", "auditor");
    await at.login(emil.at, "emil");
    const { access } = await kept();
    const name = { type: "user", id: "emil" };
    const { entities } = at.shop.service;
    must(await entities.put(at.shop.admin, name, { states: { suspended: true } }));
    expect(await ask(access, "/v1/roles")).toEqual([401, "caller.unauthenticated"]);
    // What ended stays ended: who is let in again signs in again.
    must(await entities.put(at.shop.admin, name, { states: { suspended: false } }));
    expect(await ask(access, "/v1/roles")).toEqual([401, "caller.unauthenticated"]);
    must(await entities.delete(at.shop.admin, name));
    expect(await ask(access, "/v1/roles")).toEqual([401, "caller.unauthenticated"]);
  });

  it("takes no token whose session has ended", async () => {
    await at.login(ben.at, "ben");
    const { access } = await kept();
    const { session } = (await at.run("whoami -o json")).json() as { readonly session: string };
    must(await at.shop.service.sessions.revoke(at.shop.admin, session));
    expect(await ask(access)).toEqual([401, "caller.unauthenticated"]);
    await writeFile(at.file, JSON.stringify({ ...(await kept()), expiresAt: 0 }));
    const said = await at.run("token ls");
    expect([said.exit, said.stderr]).toEqual([6, expect.stringContaining("has ended")]);
    await expect(stat(at.file)).rejects.toThrow("ENOENT");
  });
});

describe("postern logout", () => {
  it("ends the session everywhere and forgets it here", async () => {
    const fay = browser();
    await enrolled(at.shop, "fay", false);
    expect((await at.login(fay, "fay")).exit).toBe(0);
    const { access } = await kept();
    expect((await at.run("logout")).exit).toBe(0);
    await expect(stat(at.file)).rejects.toThrow("ENOENT");
    expect(await ask(access, "/v1/whoami")).toEqual([401, "caller.unauthenticated"]);
    expect((await fay.go(`${at.shop.people}/me/factors`)).text).toContain("/sign-in/password");
    expect((await at.run("logout")).stderr).toContain("nobody is signed in");
  });
});
