import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { SessionId } from "@postern/core";
import type { Caller, Question } from "@postern/service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Deployment, deployment, must } from "../../src/index.ts";

const MINUTE = 60_000;
const POLICY = `---
kind: Protection
name: work
owner: web
mode: enforce
resources: ["route:/work/**"]
permit: [{ name: anyone, when: "true" }]
require: { assurance: aal1 }
---
kind: SessionProfile
name: everywhere
owner: web
overall: PT8H
inactivity: PT1H
---
kind: Offer
name: stay
owner: web
mode: enforce
control: session-timeout
holders: [subject]
basis: preference
scope: { actions: [get], resources: ["route:/work/**"] }
length: { default: P7D, max: P30D, total: P90D }
review: { every: P30D }
disclosure: { en: { version: 1, title: a, stops: b, protects: c, until: d, undo: e } }
`;

let node: Deployment;
let login: Caller;
let copy: string;
beforeEach(async () => {
  node = await deployment({ policy: POLICY });
  login = await node.token(["sessions.register"]);
  copy = mkdtempSync(join(tmpdir(), "postern-yesterday-"));
});
afterEach(async () => {
  await node.stop();
  rmSync(copy, { recursive: true, force: true });
});

async function signIn(person: string): Promise<string> {
  const { session } = must(
    await node.service.sessions.register(login, {
      subject: { type: "user", id: person },
      acr: "aal1",
      authTime: new Date(node.world.wall()).toISOString(),
      expiresAt: new Date(node.world.wall() + 20 * 60 * MINUTE).toISOString(),
    }),
  );
  must(await node.service.sessions.mark(node.admin, session.id, false));
  return session.id;
}

async function stay(id: string): Promise<string> {
  const person = node.sessionCaller(id);
  const { id: optOut } = must(await node.service.optOuts.request(person, { offer: "stay" }));
  const { hash } = must(await node.service.optOuts.disclosure(person, optOut, ["en"]));
  must(await node.service.optOuts.consent(person, optOut, { disclosure: hash, locale: "en" }));
  return optOut;
}

const active = async (id: string): Promise<boolean> => {
  const session = node.service.sessions.byId(id as SessionId);
  return session !== null && (await node.service.sessions.active(session, null));
};
async function pass(minutes: number): Promise<void> {
  node.world.pass(minutes * MINUTE);
  await node.settle();
}
async function outcome(id: string): Promise<string> {
  const question: Question = {
    subject: null,
    action: { name: "get" },
    resource: { type: "route", id: "/work/a" },
    session: node.service.sessions.byId(id as SessionId),
    askedBy: "test",
  };
  return (await node.service.decisions.decide(question)).decision.outcome;
}

/** Changes the database behind the back of a node that is down, and starts it again. */
async function changed(edit: (database: DatabaseSync) => void): Promise<void> {
  await node.service.close();
  const database = new DatabaseSync(join(node.directory, "postern.sqlite"));
  try {
    database.exec(`ATTACH DATABASE '${join(copy, "postern.sqlite")}' AS yesterday`);
    edit(database);
  } finally {
    database.close();
  }
  await node.reopen();
  await node.settle();
}

/** Keeps the database as it is now. */
async function keepForTomorrow(): Promise<void> {
  await node.service.close();
  cpSync(node.directory, copy, { recursive: true });
  await node.reopen();
}

const changes = (database: DatabaseSync, sql: string, ...values: readonly string[]): void => {
  const { changes: rows } = database.prepare(sql).run(...values);
  if (Number(rows) === 0) throw new Error(`expected \`${sql}\` to change a row`);
};
const activityRows = (database: DatabaseSync, where = ""): readonly { id: string; box: Uint8Array }[] =>
  database
    .prepare(`SELECT id, box FROM ${where}artifacts WHERE id LIKE 'activity/%' ORDER BY id`)
    .all() as unknown as readonly { id: string; box: Uint8Array }[];
const flipped = (box: Uint8Array): Uint8Array => {
  const other = Uint8Array.from(box);
  other[other.length - 20] = (other[other.length - 20] ?? 0) ^ 1;
  return other;
};
const putBox = (database: DatabaseSync, id: string, box: Uint8Array): void => {
  database.prepare("UPDATE artifacts SET box = ? WHERE id = ?").run(box, id);
};

describe("what is stored of a session's activity", () => {
  /** Forty minutes after a sign-in somebody was there; forty minutes later nobody has been since. */
  async function atWork(...people: readonly string[]): Promise<readonly string[]> {
    const ids: string[] = [];
    for (const person of people) ids.push(await signIn(person));
    await pass(40);
    for (const id of ids) expect(await active(id)).toBe(true);
    return ids;
  }

  it("keeps its session over a restart as it stands, and once flipped, swapped or gone ends it sooner, never later", async () => {
    const [ana = "", bob = ""] = await atWork("ana", "bob");
    await changed((database) => expect(activityRows(database)).toHaveLength(2));
    await pass(30);
    expect([await outcome(ana), await outcome(bob)]).toEqual(["permit", "permit"]);

    const [cai = "", dee = ""] = await atWork("cai", "dee");
    await changed((database) => {
      for (const { id, box } of activityRows(database)) putBox(database, id, flipped(box));
    });
    await pass(30);
    expect([await outcome(cai), await outcome(dee)]).toEqual(["challenge", "challenge"]);

    const [eve = ""] = await atWork("eve");
    await changed((database) => database.exec("DELETE FROM artifacts WHERE id LIKE 'activity/%'"));
    await pass(30);
    expect(await outcome(eve)).toBe("challenge");
  });

  it("of one person is nothing for another", async () => {
    const [ana = ""] = await atWork("ana");
    const bob = await signIn("bob");
    await pass(30);
    expect(await active(ana)).toBe(true);
    expect(await active(bob)).toBe(true);
    await pass(50);
    expect(await active(ana)).toBe(true);
    // Bob's last activity is fifty minutes old: his row gets the box of hers, which is of now.
    await changed((database) => {
      const [one, two] = activityRows(database);
      if (one === undefined || two === undefined) throw new Error("expected two rows");
      putBox(database, one.id, two.box);
      putBox(database, two.id, one.box);
    });
    await pass(15);
    expect(await outcome(bob)).toBe("challenge");
  });

  it("of yesterday ends its session sooner", async () => {
    const [ana = ""] = await atWork("ana");
    await keepForTomorrow();
    await pass(50);
    expect(await active(ana)).toBe(true);
    await changed((database) => {
      const [old] = activityRows(database, "yesterday.");
      if (old === undefined) throw new Error("expected a row");
      putBox(database, old.id, old.box);
    });
    await pass(20);
    expect(await outcome(ana)).toBe("challenge");
  });
});

const tableOf = `FROM rows WHERE projection = ? AND id = ?`;

describe("what is stored of an opt-out from time-out", () => {
  it("is honoured as it stands", async () => {
    const ana = await signIn("ana");
    await stay(ana);
    await changed(() => undefined);
    await pass(61);
    expect(await outcome(ana)).toBe("honour");
  });

  it("is not honoured once it was flipped, and says so", async () => {
    const ana = await signIn("ana");
    const id = await stay(ana);
    await changed((database) =>
      changes(
        database,
        "UPDATE rows SET body = replace(body, '\"expiresAt\":1', '\"expiresAt\":2') WHERE projection = ? AND id = ?",
        "opt_outs",
        id,
      ),
    );
    await pass(61);
    expect(await outcome(ana)).toBe("challenge");
    expect(node.service.node.status().tampered.join()).toContain(id);
  });

  it("is nobody else's by a swap", async () => {
    const [ana, bob] = [await signIn("ana"), await signIn("bob")];
    const hers = await stay(ana);
    const subjectOf = (id: string): string => node.service.sessions.byId(id as SessionId)?.subject ?? "";
    const [anaRef, bobRef] = [subjectOf(ana), subjectOf(bob)];
    await changed((database) =>
      changes(
        database,
        "UPDATE rows SET body = replace(body, ?, ?) WHERE projection = ? AND id = ?",
        anaRef,
        bobRef,
        "opt_outs",
        hers,
      ),
    );
    await pass(61);
    expect([await outcome(ana), await outcome(bob)]).toEqual(["challenge", "challenge"]);
  });

  it("stays withdrawn when yesterday's row is put back", async () => {
    const ana = await signIn("ana");
    const id = await stay(ana);
    await keepForTomorrow();
    must(await node.service.optOuts.revoke(node.sessionCaller(ana), id, {}));
    await changed((database) => {
      database.prepare(`DELETE ${tableOf}`).run("opt_outs", id);
      changes(
        database,
        "INSERT INTO rows SELECT * FROM yesterday.rows WHERE projection = ? AND id = ?",
        "opt_outs",
        id,
      );
    });
    await pass(61);
    expect(await outcome(ana)).toBe("challenge");
    expect(node.service.node.doubt()).not.toBeNull();
  });
});

describe("what is stored of a session", () => {
  const recorded = (id: string) => node.service.sessions.byId(id as SessionId);
  const alarmed = (...ids: readonly string[]): void => {
    const { tampered, findings } = node.service.node.status();
    for (const id of ids) expect([...tampered, ...findings.map(String)].join()).toContain(id);
    expect(node.service.node.doubt()).not.toBeNull();
  };

  it("raises no alarm as it stands; once its end was moved, it ends as its entry says", async () => {
    const [ana, bob] = [await signIn("ana"), await signIn("bob")];
    await changed(() => undefined);
    expect(node.service.node.status().tampered).toEqual([]);
    const before = recorded(ana)?.expiresAt;
    await changed((database) =>
      changes(
        database,
        "UPDATE rows SET body = replace(body, '\"expiresAt\":1', '\"expiresAt\":2') WHERE projection = ? AND id = ?",
        "sessions",
        ana,
      ),
    );
    expect(await outcome(bob)).toBe("permit");
    expect(recorded(ana)?.expiresAt).toBe(before);
    alarmed(ana);
    await pass(61);
    expect(await outcome(ana)).toBe("challenge");
  });

  it("is nobody else's by a swap", async () => {
    const [ana, bob] = [await signIn("ana"), await signIn("bob")];
    const before = [recorded(ana)?.subject, recorded(bob)?.subject];
    await changed((database) => {
      database.prepare("UPDATE rows SET id = 'aside' WHERE projection = 'sessions' AND id = ?").run(ana);
      database.prepare("UPDATE rows SET id = ? WHERE projection = 'sessions' AND id = ?").run(ana, bob);
      database.prepare("UPDATE rows SET id = ? WHERE projection = 'sessions' AND id = 'aside'").run(bob);
    });
    expect([recorded(ana)?.subject, recorded(bob)?.subject]).toEqual(before);
    alarmed(ana, bob);
  });

  it("stays ended when yesterday's row is put back", async () => {
    const ana = await signIn("ana");
    await keepForTomorrow();
    must(await node.service.sessions.revoke(node.sessionCaller(ana), ana));
    await changed((database) => {
      database.prepare(`DELETE ${tableOf}`).run("sessions", ana);
      changes(
        database,
        "INSERT INTO rows SELECT * FROM yesterday.rows WHERE projection = ? AND id = ?",
        "sessions",
        ana,
      );
    });
    expect(await outcome(ana)).toBe("challenge");
  });
});
