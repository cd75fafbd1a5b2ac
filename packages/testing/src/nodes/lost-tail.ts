import { setTimeout as sleep } from "node:timers/promises";
import type { Ground } from "./ground.ts";
import type { RunningNode } from "./running-node.ts";

interface Loss {
  readonly known: number;
  readonly has: number;
  readonly lost: number;
}

/**
 * Files of the database are copied, the load goes on, and the copy takes the database's place: an older primary.
 * Nodes must honour nothing until an operator names the loss, and nothing that ended in it may come back.
 */
export async function lostTail(
  { nodes, told, work, database, converge }: Ground,
  lasting: (seconds: number) => Promise<void>,
): Promise<{ readonly converged: number; readonly note: string }> {
  // Some have just begun: they are used again in the tail that is lost.
  for (const area of ["papers", "papers", "papers", "reports", "reports"] as const)
    await work.enter(nodes[0] as RunningNode, area);
  const copiedAt = performance.now();
  const visits = new Map(told.visits);
  await database.kill();
  await database.copy();
  await database.start();
  await converge();
  await lasting(5);
  // Of those that the copy still has: what is revoked from here on must not come back.
  const old = [...told.grants.values()].filter(({ at, revoking }) => at < copiedAt && !revoking);
  const revoking = old.filter(({ area }) => area === "reports").slice(-4);
  const staying = old.filter((of) => !revoking.includes(of));
  await Promise.all(revoking.map((of, at) => work.revoke(nodes[at % nodes.length] as RunningNode, of)));

  told.noHonour = {
    since: performance.now(),
    why: "the database had lost its tail and nobody had accepted that",
  };
  await database.kill();
  await database.putCopyBack();
  await database.start();
  const losses = await Promise.all(nodes.map((node) => lossOf(node)));
  for (const [at, loss] of losses.entries())
    if (loss === null) told.violation(`${nodes[at]?.name} did not notice that the database went back`);
  await lasting(5);

  const most = losses.reduce(
    (best, loss, at) => ((loss?.known ?? 0) > (losses[best]?.known ?? 0) ? at : best),
    0,
  );
  const node = nodes[most] as RunningNode;
  const lost = (await lossOf(node))?.lost ?? 0;
  const wrong = await node.call("POST", "/v1/node/accept-loss", { lost: lost + 1 });
  if (wrong.status !== 409)
    told.violation(`another loss than the one that is there was accepted (${wrong.status})`);
  const accepted = await node.call("POST", "/v1/node/accept-loss", { lost });
  if (accepted.status !== 200)
    told.violation(`the loss was not accepted: ${accepted.status} ${JSON.stringify(accepted.json)}`);
  // People were changed in the lost end, so everything is locked until an administrator has looked at them.
  const lock = await lockOnEverything(node);
  if (lock === null) told.violation("facts fell back, and nothing holds until somebody has looked at them");
  else {
    told.noHonour = { since: performance.now(), why: "nobody had looked yet at what fell back" };
    await heldBack(await work.enter(node, "reports"));
    const lifted = await node.call("DELETE", `/v1/locks/${lock}`);
    if (lifted.status !== 200)
      told.violation(`the lock was not lifted: ${lifted.status} ${JSON.stringify(lifted.json)}`);
  }
  told.noHonour = null;
  const acceptedAt = performance.now();

  // What was acknowledged after the copy is the loss that was named; what ended stays ended all the same.
  told.visits.clear();
  for (const [person, visit] of visits) told.visits.set(person, visit);
  for (const [id, { at }] of told.decisions) if (at >= copiedAt && at < acceptedAt) told.decisions.delete(id);
  for (const [id, { at, revokedAt }] of told.grants)
    if (at >= copiedAt && at < acceptedAt && revokedAt === null) told.grants.delete(id);
  for (const of of staying) of.revoking = true;
  const fresh = await entered();
  const converged = performance.now() - acceptedAt;

  for (const of of [...revoking, ...staying.slice(0, 5)])
    for (const any of nodes) {
      const outcome = await work.ask(any, of);
      if (outcome === "honour" || outcome === "permit")
        told.violation(`a session from before the loss still counts at ${any.name}: ${outcome}`);
    }
  for (const of of revoking) {
    const signedIn = await node.call("POST", "/v1/sessions", {
      subject: { type: "user", id: of.person },
      acr: "aal1",
      authTime: new Date().toISOString(),
      expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
    });
    const session = (signedIn.json.session as { id?: string } | undefined)?.id;
    for (const any of nodes) {
      const outcome = await work.ask(any, of, session);
      if (outcome === "honour")
        told.violation(`\`${of.optOut}\` was revoked in the lost tail and is honoured again`);
    }
  }
  const did = accepted.json;
  return {
    converged,
    note: `${lost} entries lost; epoch ${did.epoch}: ${did.sessionsEnded} sessions and ${did.optOutsEnded} opt-outs ended, ${did.optOutsSuspended} suspended; ${fresh}`,
  };

  async function heldBack(made: Awaited<ReturnType<typeof work.enter>>): Promise<void> {
    for (const any of nodes)
      if ((await work.ask(any, made).catch(() => "")) === "honour")
        told.violation(`${any.name} honours what an administrator is to look at first`);
  }

  /** Somebody enters anew, and is honoured everywhere. */
  async function entered(): Promise<string> {
    const made = await work.enter(node, "reports");
    await Promise.all(
      nodes.map(async (any) => {
        for (let tries = 0; (await work.ask(any, made).catch(() => "")) !== "honour"; tries++) {
          if (tries === 1_000) return told.violation(`${any.name} does not honour in the new epoch`);
          await sleep(10);
        }
      }),
    );
    return "honoured again by all";
  }
}

async function lockOnEverything(node: RunningNode): Promise<string | null> {
  const { json } = await node.call("GET", "/v1/locks?limit=100");
  const locks = (json.items ?? []) as readonly {
    readonly id: string;
    readonly state: string;
    readonly target: { readonly kind: string };
  }[];
  return locks.find(({ state, target }) => state !== "lifted" && target.kind === "everything")?.id ?? null;
}

async function lossOf(node: RunningNode): Promise<Loss | null> {
  for (let tries = 0; tries < 400; tries++) {
    const found = await node.call("GET", "/v1/nodes").catch(() => null);
    const loss = found?.json.loss as Loss | null | undefined;
    if (loss !== null && loss !== undefined) return loss;
    await sleep(25);
  }
  return null;
}
