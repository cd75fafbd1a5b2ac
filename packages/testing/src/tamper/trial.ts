import { createHash } from "node:crypto";
import { treeHasher, verifyExport } from "@postern/ledger";
import { type AuditFinding, auditLedger } from "@postern/service";
import {
  callerOf,
  type Ground,
  keptHeadOf,
  MASTER_KEY,
  ORIGIN,
  openNode,
  openStore,
} from "../crash/ground.ts";
import { verifySignature } from "../crash/reopened.ts";
import type { Attack, Named } from "./attack.ts";
import type { Person, Stage } from "./stage.ts";

export interface TrialReport {
  readonly attack: string;
  readonly store: "sqlite" | "postgres";
  /** The verifier's sentences, the one that names the change first. */
  readonly said: readonly string[];
  /** What the offline verifier said of an export; null: none was made. */
  readonly exported: string | null;
  /** Why the node honours nothing; null: it does honour. */
  readonly doubt: string | null;
  /** Opt-outs that were honoured. */
  readonly honoured: readonly string[];
  /** Empty: the attack failed in every way it should. */
  readonly missed: readonly string[];
}

const hasher = treeHasher((bytes) => createHash("sha256").update(bytes).digest());
const READ_BACK_MS = 10_000;

export async function audited(ground: Ground): Promise<readonly AuditFinding[]> {
  const store = await openStore(ground);
  try {
    const keptHead = keptHeadOf(ground);
    return (await auditLedger({ store, masterKey: MASTER_KEY, origin: ORIGIN, keptHead })).findings;
  } finally {
    await store.close();
  }
}

export function names({ where }: AuditFinding, named: Named): boolean {
  if (typeof where === "string" || typeof named === "string") return where === named;
  if ("entry" in named)
    return "entry" in where && where.entry <= named.entry && named.entry <= (where.through ?? where.entry);
  if ("row" in named) return "row" in where && where.row === named.row;
  if ("key" in named) return "key" in where && where.key === named.key;
  return "revision" in where && where.revision === named.revision;
}

/** Puts a changed database to the verifier, to a node that is started on it, and to a reader of its export. */
export async function tried(
  attack: Attack,
  ground: Ground,
  stage: Stage,
  named: Named,
  vkeys: readonly string[],
): Promise<TrialReport> {
  const missed: string[] = [];
  const findings = await audited(ground).catch((cause: unknown) => {
    missed.push(`the verifier failed: ${String(cause)}`);
    return [];
  });
  const naming = findings.filter((finding) => names(finding, named));
  if (naming.length === 0) missed.push(`the verifier does not name ${JSON.stringify(named)}`);
  const said = [...naming, ...findings.filter((finding) => !naming.includes(finding))].map(
    ({ detail }) => detail,
  );
  const base = { attack: attack.name, store: ground.kind, said };

  if (attack.refusesToStart === true) {
    const refusal = await openNode(ground).then(
      async ({ service }) => {
        await service.close();
        return null;
      },
      (cause: unknown) => (cause instanceof Error ? cause.message : String(cause)),
    );
    if (refusal === null) missed.push("a node started on it");
    return { ...base, exported: null, doubt: refusal, honoured: [], missed };
  }

  const first = await onNode(ground, stage, attack, missed, vkeys, "entry" in Object(named) ? named : null);
  // What a node in doubt records must not make the next start forget the doubt.
  const second = await onNode(ground, stage, attack, missed, null, null);
  return {
    ...base,
    exported: first.exported,
    doubt: first.doubt,
    honoured: [...first.honoured, ...second.honoured],
    missed,
  };
}

async function onNode(
  ground: Ground,
  stage: Stage,
  attack: Attack,
  missed: string[],
  vkeys: readonly string[] | null,
  named: Named | null,
): Promise<{
  readonly doubt: string | null;
  readonly honoured: readonly string[];
  readonly exported: string | null;
}> {
  const again = vkeys === null ? " at the next start" : "";
  const { service } = await openNode(ground);
  try {
    // What the start does not read, the node reads back within moments.
    const end = performance.now() + READ_BACK_MS;
    while (
      service.node.doubt() === null &&
      service.node.status().ledgerReadBack === 0 &&
      performance.now() < end
    )
      await new Promise((resolve) => setTimeout(resolve, 20));
    const doubt = service.node.doubt();
    if (doubt === null) missed.push(`the node has no doubt${again}`);

    const ask = async (session: string, path: string): Promise<string> =>
      (
        await service.decisions.decide({
          subject: null,
          action: { name: "get" },
          resource: { type: "route", id: path },
          session: service.sessions.byId(session),
          askedBy: "campaign",
        })
      ).decision.outcome;
    const honoured: string[] = [];
    for (const { name, session } of [stage.ana, stage.rita, stage.lena] satisfies readonly Person[]) {
      const outcome = await ask(session, "/reports/monthly");
      if (outcome === "honour") honoured.push(name);
      if (outcome === "honour" || outcome === "permit")
        missed.push(`${name} got in to the reports without a second step${again} (${outcome})`);
      const payouts = await ask(session, "/payouts/1");
      if (payouts !== "challenge" && payouts !== "deny")
        missed.push(`${name} got in to the payouts${again} (${payouts})`);
    }
    const letIn = async (session: string): Promise<boolean> =>
      (await ask(session, "/reports/monthly")) === "permit";
    if (attack.lettingIn !== false && !(await letIn(stage.ana.strong)) && !(await letIn(await anew())))
      missed.push(`ana does not get in with a second step${again}: the full control no longer works`);
    if (["permit", "honour"].includes(await ask(stage.ended, "/reports/monthly")))
      missed.push(`the ended session is let in${again}`);
    if (service.tokens.bySecret(stage.reader.secret)?.scopes.includes("admin") === true)
      missed.push(`the reading token became an administrator's${again}`);

    const exported = vkeys === null || attack.exported !== true ? null : await offline();
    await anew();
    return { doubt: doubt?.detail ?? null, honoured, exported };

    /** A session of ana's with a second step, registered now; none where nothing can be recorded. */
    async function anew(): Promise<string> {
      if (service.tokens.bySecret(stage.secret) === null) return "none";
      const registered = await service.sessions
        .register(callerOf(service, stage.secret), {
          subject: { type: "user", id: "ana" },
          acr: "aal2",
          authTime: new Date().toISOString(),
          expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
        })
        .catch(() => null);
      return registered?.ok === true ? registered.value.session.id : "none";
    }

    async function offline(): Promise<string> {
      const admin = callerOf(service, stage.secret);
      const made = await service.ledger.export(admin, 0, null, false);
      if (!made.ok) {
        missed.push(`no export could be made: ${made.refusal.detail}`);
        return made.refusal.detail;
      }
      const kept = await keptHeadOf(ground).read();
      const { ok, firstBad } = await verifyExport(made.value, {
        trustedKeys: vkeys ?? [],
        ...(kept === null ? {} : { lastKnownCheckpoint: kept }),
        hasher,
        verifySignature,
      });
      const entry = named !== null && typeof named === "object" && "entry" in named ? named.entry : -1;
      if (ok || firstBad === undefined) missed.push("the export verifies offline");
      else if (firstBad.index > entry || entry > (firstBad.through ?? firstBad.index))
        missed.push(`the offline verifier names entry ${firstBad.index}, not ${entry}`);
      return firstBad?.detail ?? "it verifies";
    }
  } finally {
    await service.close();
  }
}

/** The honest twin: a copy that nobody touched verifies, and what may be honoured is. */
export async function untouched(ground: Ground, stage: Stage): Promise<TrialReport> {
  const missed = (await audited(ground)).map(
    ({ detail }) => `the verifier says of an untouched copy: ${detail}`,
  );
  const { service } = await openNode(ground);
  try {
    const doubt = service.node.doubt()?.detail ?? null;
    if (doubt !== null) missed.push(`the node is in doubt: ${doubt}`);
    const honoured: string[] = [];
    for (const { name, session } of [stage.ana, stage.rita, stage.lena]) {
      const { decision } = await service.decisions.decide({
        subject: null,
        action: { name: "get" },
        resource: { type: "route", id: "/reports/monthly" },
        session: service.sessions.byId(session),
        askedBy: "campaign",
      });
      if (decision.outcome === "honour") honoured.push(name);
    }
    if (honoured.join() !== "ana")
      missed.push(`expected ana alone to be honoured, got ${honoured.join() || "nobody"}`);
    return {
      attack: "nothing: the untouched copy",
      store: ground.kind,
      said: [],
      exported: null,
      doubt,
      honoured,
      missed,
    };
  } finally {
    await service.close();
  }
}
