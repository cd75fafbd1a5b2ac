import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { OptOut, Registered, Session } from "@postern/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Deployment, deployment } from "../deployment.ts";
import type { Said, Terminal } from "../terminal.ts";

let here: Deployment;
let ben: Terminal;
let olga: Terminal;
let shop: Terminal;

const done = (said: Said): Said => {
  if (said.exit !== 0) throw new Error(`${said.exit}: ${said.stderr}`);
  return said;
};

beforeAll(async () => {
  here = await deployment();
  ben = here.ben;
  done(await ben(["entity", "put", "user:olga", "-a", 'roles=["owner"]']));
  done(await ben(["entity", "put", "user:ana", "-a", 'roles=["staff"]']));
  shop = await here.as("shop", "sessions.register");
  olga = await here.as("olga", "opt-outs.approve", "opt-outs.read");
});
afterAll(async () => {
  await here.stop();
});

const guests = async (): Promise<OptOut> => {
  const asked = done(
    await ben([
      "opt-out",
      "request",
      "guests-read-catalogue",
      "--anonymous",
      "--reason",
      "shop window",
      "-o",
      "json",
    ]),
  );
  return asked.json() as OptOut;
};

const signedIn = async (acr = "aal1"): Promise<Session> => {
  const made = done(await shop(`session register user:ana --acr ${acr} --amr pwd -o json`));
  return (made.json() as Registered).session;
};

describe("an opt-out from request to end", () => {
  it("waits for someone else's approval, is honoured, and is turned back on", async () => {
    const asked = await guests();
    expect(asked).toMatchObject({
      state: "pending",
      holder: { kind: "anonymous" },
      approvals: { needed: 1 },
    });
    expect((await ben("can anonymous get route:/catalogue")).exit).toBe(1);

    const own = await ben(`opt-out approve ${asked.id}`);
    expect(own.exit).toBe(6);
    expect(own.stderr).toContain("opt-out.own_approval");

    const approved = done(await olga(`opt-out approve ${asked.id} --version ${asked.version} -o json`));
    expect(approved.json()).toMatchObject({ state: "active" });
    const yes = await ben("can anonymous get route:/catalogue");
    expect(yes.exit).toBe(0);
    expect(yes.stdout).toMatch(/^honour {2}/);

    const shown = done(await ben(`opt-out show ${asked.id}`)).stdout;
    for (const clock of ["decide by", "starts at", "expires at", "review by"]) expect(shown).toContain(clock);
    expect(shown).toMatch(/expires at +\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ \(in 30 d\)/);

    const ended = done(await ben(`opt-out revoke ${asked.id} --reason over -o json`)).json();
    expect(ended).toMatchObject({
      optOut: { state: "revoked" },
      recorded: expect.any(String),
      inEffect: expect.any(String),
    });
    expect((await ben("can anonymous get route:/catalogue")).exit).toBe(1);
  });

  it("can be denied, and waiting for it then ends with 6", async () => {
    const asked = await guests();
    const waiting = ben([
      "opt-out",
      "request",
      "guests-read-catalogue",
      "--anonymous",
      "--reason",
      "again",
      "--wait",
      "--timeout",
      "1m",
    ]);
    let other: OptOut | undefined;
    for (let tries = 0; other === undefined && tries < 100; tries++) {
      const all = (await ben("opt-out ls --state pending -o json")).json() as OptOut[];
      other = all.find(({ id }) => id !== asked.id);
    }
    done(await olga(["opt-out", "deny", other?.id ?? "", "--reason", "not now"]));
    expect((await waiting).exit).toBe(6);
    expect(done(await ben(`opt-out withdraw ${asked.id} -o json`)).json()).toMatchObject({
      state: "withdrawn",
    });
  });

  it("that nobody decides ends the waiting with 7, and goes on waiting itself", async () => {
    const line = [
      "opt-out",
      "request",
      "guests-read-catalogue",
      "--anonymous",
      "--reason",
      "slow",
      "--wait",
      "--timeout",
      "1s",
    ];
    const said = await ben(line);
    expect([said.exit, said.stdout]).toEqual([7, ""]);
    const [left] = (await ben("opt-out ls --state pending -o json")).json() as OptOut[];
    done(await ben(`opt-out withdraw ${left?.id}`));
  });

  it("can be suspended, resumed and narrowed, but not made longer by narrowing", async () => {
    const { id } = await guests();
    done(await olga(`opt-out approve ${id}`));
    expect(done(await olga(`opt-out suspend ${id} -o json`)).json()).toMatchObject({ state: "suspended" });
    expect(done(await olga(`opt-out resume ${id} -o json`)).json()).toMatchObject({ state: "active" });
    expect(done(await ben(`opt-out narrow ${id} --until 2h --action get -o json`)).json()).toMatchObject({
      scope: { actions: ["get"] },
    });
    const wider = await ben(`opt-out narrow ${id} --until 20d`);
    expect(wider.exit).toBe(6);
    expect(wider.stderr).toContain("opt-out.wider");
    done(await ben(`opt-out revoke ${id}`));
  });

  it("asked for twice with one key is asked for once", async () => {
    const words = [
      "opt-out",
      "request",
      "guests-read-catalogue",
      "--anonymous",
      "--reason",
      "once",
      "--idempotency-key",
      "k1",
      "-o",
      "json",
    ];
    const [first, second] = [done(await ben(words)).json(), done(await ben(words)).json()] as OptOut[];
    expect(second?.id).toBe(first?.id);
    done(await ben(`opt-out withdraw ${first?.id}`));
  });

  it("that is not offered so is refused in words, with 6", async () => {
    const long = await ben([
      "opt-out",
      "request",
      "guests-read-catalogue",
      "--anonymous",
      "--reason",
      "x",
      "--length",
      "300d",
    ]);
    expect(long.exit).toBe(6);
    expect(long.stderr).toContain("opt-out.over_max");
  });

  it("of a person waits for that person's own yes, which no token can give", async () => {
    const ana = await here.as("ana", "opt-outs.request", "opt-outs.read");
    const asked = done(await ana("opt-out request reports-without-code"));
    expect(asked.stderr).toMatch(/oo_\w+ waits for consent by user:ana/);
    expect(done(await ana("opt-out ls --state pending")).stdout).toContain("consent by user:ana");
  });
});

describe("a lock", () => {
  it("holds shut what an opt-out opened, until someone lifts it", async () => {
    const { id } = await guests();
    done(await olga(`opt-out approve ${id}`));
    const lock = done(await olga("lock place control authentication -o json")).json() as {
      readonly id: string;
    };
    const locked = await ben("can anonymous get route:/catalogue --explain");
    expect(locked.exit).toBe(1);
    expect(locked.stdout).toContain("a lock covers it");
    expect((await ben(`lock lift ${lock.id}`)).exit).toBe(2);
    done(await ben(`lock lift ${lock.id} --yes`));
    expect((await ben("can anonymous get route:/catalogue")).exit).toBe(0);
    expect(done(await ben("lock ls")).stdout).toMatch(/lifted +control authentication/);
    done(await ben(`opt-out revoke ${id}`));
  });

  it("asks first at a terminal, and a no changes nothing", async () => {
    const lock = done(await olga("lock place everything -o json")).json() as { readonly id: string };
    expect((await ben(`lock lift ${lock.id}`, { terminal: true, stdin: "n" })).exit).toBe(6);
    expect(done(await ben("lock ls")).stdout).toMatch(/holds +everything/);
    expect((await ben(`lock lift ${lock.id}`, { terminal: true, stdin: "y" })).exit).toBe(0);
  });
});

describe("why and can", () => {
  it("say what would be asked of a person in a session, and why", async () => {
    const low = await signedIn("aal1");
    const asked = await ben(`can user:ana get route:/reports/monthly --session ${low.id} --explain`);
    expect(asked.exit).toBe(1);
    expect(asked.stdout).toMatch(/^challenge\n/);
    expect(asked.stdout).toMatch(/unmet +step-up +assurance_too_low/);
    const high = await signedIn("aal2");
    expect((await ben(`can user:ana get route:/reports/monthly --session ${high.id}`)).exit).toBe(0);
    expect((await ben("can user:ana get route:/nowhere")).exit).toBe(1);
    done(await ben(`session end ${low.id}`));
    expect(done(await ben("session end --all-of user:ana -o json")).json()).toEqual({ revoked: 1 });
  });

  it("tell of a decision that was made, with the policy's file and line", async () => {
    const { control } = here.running.urls;
    const token = done(await ben("token issue gate --scope decide -o json")).json() as {
      readonly secret: string;
    };
    const answer = await fetch(`${control}/access/v1/evaluation`, {
      method: "POST",
      headers: { authorization: `Bearer ${token.secret}`, "content-type": "application/json" },
      body: JSON.stringify({
        subject: { type: "anonymous", id: "visitor" },
        action: { name: "get" },
        resource: { type: "route", id: "/reports/monthly" },
      }),
    });
    const id = answer.headers.get("decision-id") ?? "";
    expect(id).toMatch(/^dec_/);
    let told = await ben(`why ${id}`);
    for (let tries = 0; told.exit !== 0 && tries < 50; tries++) told = await ben(`why ${id}`);
    expect(done(told).stdout).toContain("policy.yaml:");
    expect(told.stdout).toMatch(/outcome +challenge/);
    expect((await ben(`why ${id} -o json`)).json()).toMatchObject({ decision: { id, outcome: "challenge" } });
    expect(done(await ben("decision ls --outcome challenge")).stdout).toContain(id);
    expect((await ben("why dec_0000000000000000000000zzzz")).exit).toBe(1);
  });
});

describe("the ledger", () => {
  it("is exported to a new file of one's own and verifies offline; one changed byte does not", async () => {
    const file = join(here.directory, "ledger.jsonl");
    const keyFile = join(here.directory, "ledger.vkey");
    await writeFile(keyFile, done(await ben("ledger key")).stdout);
    done(await ben(`ledger export ${file}`));
    expect((await stat(file)).mode & 0o077).toBe(0);
    expect((await ben(`ledger export ${file}`)).exit).toBe(1);

    const offline = { env: { POSTERN_URL: "http://127.0.0.1:9", POSTERN_TOKEN: "" } };
    const good = done(await ben(`ledger verify ${file} --key-file ${keyFile}`, offline));
    expect(good.stdout).toMatch(/ok +root/);
    expect(good.stdout.trimEnd().endsWith("verified")).toBe(true);

    const text = await readFile(file, "utf8");
    const lines = text.split("\n");
    const at = lines.findIndex((line) => line.includes("opt-out.requested"));
    const { index } = JSON.parse(lines[at] ?? "") as { readonly index: number };
    lines[at] = (lines[at] ?? "").replace("opt-out.requested", "opt-out.requesteX");
    const bad = join(here.directory, "bad.jsonl");
    await writeFile(bad, lines.join("\n"));
    const said = await ben(`ledger verify ${bad} --key-file ${keyFile}`, offline);
    expect(said.exit).toBe(8);
    expect(said.stdout).toContain(`NOT verified: first bad entry ${index} (entry_changed)`);
    expect((await ben(`ledger verify ${bad} --key-file ${keyFile} -o json`, offline)).json()).toMatchObject({
      ok: false,
      firstBad: { index },
    });
  });

  it("is not believed by its own word: without a key, or with another's, it does not verify", async () => {
    const file = join(here.directory, "more.jsonl");
    done(await ben(`ledger export ${file}`));
    const without = await ben(`ledger verify ${file}`);
    expect(without.exit).toBe(2);
    expect(without.stderr).toContain("postern ledger key");
    const other = await deployment();
    try {
      const key = done(await other.ben("ledger key")).stdout.trim();
      const said = await ben(["ledger", "verify", file, "--key", key]);
      expect(said.exit).toBe(8);
      expect(said.stdout).toContain("none of the ledger's checkpoint keys is one that you trust");
    } finally {
      await other.stop();
    }
  });

  it("must have grown out of the checkpoint that was kept", async () => {
    const held = join(here.directory, "held.txt");
    const file = join(here.directory, "grown.jsonl");
    const key = done(await ben("ledger key")).stdout.trim();
    await writeFile(held, done(await ben("ledger checkpoint")).stdout);
    done(await ben(["entity", "put", "user:cleo", "-a", "roles=[]"]));
    done(await ben(`ledger export ${file}`));
    expect(done(await ben(["ledger", "verify", file, "--key", key, "--held", held])).stdout).toMatch(
      /ok +held/,
    );
  });

  it("gives a receipt for an entry, and the receipt verifies for that entry alone", async () => {
    const [line] = done(await ben("ledger tail --from 3 -o json")).stdout.split("\n");
    const shown = JSON.parse(line ?? "") as { readonly index: number };
    const entries = await here.running.service.ledger.entries(await caller(), shown.index, 1);
    const entry = entries.ok ? (entries.value[0]?.entry ?? "") : "";
    const [receiptFile, entryFile] = [
      join(here.directory, "r.tlog-proof"),
      join(here.directory, "entry.json"),
    ];
    await writeFile(receiptFile, done(await ben(`ledger receipt ${shown.index}`)).stdout);
    await writeFile(entryFile, `${entry}\n`);
    const key = done(await ben("ledger key")).stdout.trim();
    const good = await ben(["ledger", "verify", receiptFile, "--entry", entryFile, "--key", key]);
    expect([good.exit, good.stdout]).toMatchObject([
      0,
      expect.stringContaining(`number ${shown.index} of the ledger`),
    ]);
    await writeFile(entryFile, entry.replace("{", "{ "));
    expect((await ben(["ledger", "verify", receiptFile, "--entry", entryFile, "--key", key])).exit).toBe(8);
  });

  it("shows its last entries, one a line", async () => {
    const { stdout } = done(await ben("ledger tail -n 2"));
    expect(stdout.trimEnd().split("\n")).toHaveLength(2);
  });
});

describe("policy", () => {
  it("is published, put in force and rolled back in one step", async () => {
    const before = done(await ben("policy ls -o json")).json() as {
      readonly id: string;
      readonly active: boolean;
    }[];
    const old = before.find(({ active }) => active)?.id;
    const text = await readFile(join(import.meta.dirname, "..", "policy", "policy.yaml"), "utf8");
    const { mkdir } = await import("node:fs/promises");
    const next = join(here.directory, "next-policy");
    await mkdir(next);
    await writeFile(
      join(next, "policy.yaml"),
      text.replace("max: P30D, total: P90D", "max: P20D, total: P60D"),
    );
    const published = done(await ben(`policy publish ${next} -o json`)).json() as { readonly id: string };
    expect((await ben(`policy activate ${published.id}`)).exit).toBe(2);
    done(await ben(`policy activate ${published.id} --yes`));
    expect(done(await ben("policy rollback -o json")).json()).toMatchObject({ id: old, active: true });
  });

  it("that does not compile is refused by the server with 3", async () => {
    const { mkdir } = await import("node:fs/promises");
    const broken = join(here.directory, "broken");
    await mkdir(broken);
    await writeFile(join(broken, "p.yaml"), "kind: Protection\nname: x\n");
    const said = await ben(`policy publish ${broken}`);
    expect(said.exit).toBe(3);
    expect(said.stderr).toContain("policy.does_not_compile");
    expect(said.stderr).toMatch(/\n {2}p\.yaml:1:1: error .*\n +1 \| kind: Protection\n +\| \^\n/);
  });
});

describe("the rest of a deployment", () => {
  it("has entities that can be shown and removed", async () => {
    done(await ben("entity put device:lobby --shared"));
    expect(done(await ben("entity show device:lobby")).stdout).toMatch(/shared +yes/);
    done(await ben("entity rm device:lobby --yes"));
    expect((await ben("entity show device:lobby")).exit).toBe(1);
  });

  it("has tokens whose secrets are shown once, and that end when they are revoked", async () => {
    const made = done(await ben("token issue short --scope decide -o json")).json() as {
      readonly token: { readonly id: string };
      readonly secret: string;
    };
    const list = done(await ben("token ls")).stdout;
    expect(list).toContain(made.token.id);
    expect(list).not.toContain(made.secret);
    expect(done(await ben(`token revoke ${made.token.id}`)).stdout).toMatch(/state +revoked/);
    const said = await ben("token ls", { env: { POSTERN_TOKEN: made.secret } });
    expect(said.exit).toBe(6);
    expect(said.stderr).toContain("POSTERN_TOKEN");
  });

  it("has offers and keys to look at", async () => {
    expect(done(await ben("offer ls")).stdout).toContain("guests-read-catalogue");
    expect(done(await ben("keys status")).stdout).toMatch(/checkpoint/);
    expect(done(await ben("keys rotate assertion --yes -o json")).json()).toMatchObject({ epoch: 2 });
  });

  it("is healthy, and the doctor says what development means", async () => {
    const said = await ben("doctor", { env: { POSTERN_DATA_DIR: here.directory } });
    expect([said.exit, said.stderr]).toEqual([0, ""]);
    expect(said.stdout).toMatch(/ok +server/);
    expect(said.stdout).toMatch(/ok +policy +pol_\w+ is in force/);
    expect(said.stdout).toMatch(/warn +master key/);
    expect(said.stdout).toMatch(/ok +kept head/);
  });

  it("turns the bootstrap secret into a token once only", async () => {
    const again = await ben("bootstrap user:eve", {
      stdin: "first-administrator-of-the-test",
      env: { POSTERN_TOKEN: "" },
    });
    expect(again.exit).not.toBe(0);
    expect(again.stderr).toContain("bootstrap.used");
  });
});

async function caller() {
  const issued = done(await ben("token issue reader --scope ledger.read -o json")).json() as {
    readonly secret: string;
  };
  const token = here.running.service.tokens.bySecret(issued.secret);
  if (token === null) throw new Error("expected the token that was just issued");
  return { kind: "token", token } as const;
}

describe("a time that is accepted", () => {
  it("is asked about first, and is done by the only administrator alone, who is told so", async () => {
    expect((await ben("node accept-time")).exit).not.toBe(0);
    const accepted = done(await ben("node accept-time --yes -o json")).json() as { readonly at: string };
    expect(Number.isNaN(Date.parse(accepted.at))).toBe(false);
    expect(done(await ben("unreviewed ls")).stdout).toMatch(/unreviewed +time /);
  });
});
