import type { Caller, Service } from "@postern/service";
import { judgeConsidered } from "./answers.ts";
import type { Ground, SimulatedNode } from "./ground.ts";
import { emptyModel } from "./model.ts";

/**
 * A stand-by takes over that had not got the last batches. False: nobody has seen them, so that nobody could tell,
 * and nothing was lost.
 */
export function loseTail(ground: Ground, batches: number): boolean {
  const { db, nodes } = ground;
  for (const node of nodes) ground.follow(node);
  const last = db.log.slice(-batches);
  const kept = (db.contents().head?.size ?? 0) - last.reduce((sum, { entries }) => sum + entries.length, 0);
  const knows = (node: SimulatedNode): boolean =>
    node.service !== null && node.model.size > kept && !node.stranded;
  if (last.some(({ head }) => head.epoch !== last[0]?.expected.epoch) || !nodes.some(knows)) return false;
  for (const node of nodes) {
    // Whoever is on the way up may or may not have read the end that is lost.
    if (node.service === null && !node.away) return false;
    if (knows(node)) node.stranded = true;
    const ended = [...node.model.optOuts.values()].filter(({ standing }) => standing === "ended");
    if (node.service === null) continue;
    node.sawEnd = new Set(ended.map(({ id }) => id));
    const over = [...node.model.sessions].filter(([, { revoked }]) => revoked);
    node.sawSessionsEnd = new Set([...node.sawSessionsEnd, ...over.map(([id]) => id)]);
  }
  for (const entry of ground.parsed.slice(kept))
    if (entry.event.type === "decision.honoured")
      for (const { decision } of entry.event.honours) ground.lostDecisions.add(decision);
  db.lose(batches);
  ground.rebuild();
  for (const [id, size] of ground.inEffect) if (size > kept) ground.inEffect.delete(id);
  const stays = ground.acknowledged.filter(({ size, holds }) => size <= kept || holds(ground.truth));
  ground.acknowledged.splice(0, ground.acknowledged.length, ...stays);
  ground.lossOpen = true;
  ground.losses += 1;
  ground.lossUntil = Number.POSITIVE_INFINITY;
  return true;
}

/** An administrator comes, on one of the nodes that know of the loss, and tries until it is accepted. */
export function acceptLater(ground: Ground, delay: number): void {
  ground.time.at(delay, () => {
    if (!ground.lossOpen) return;
    // One that has seen less than another refuses, and names the other: each that knows is asked.
    const knowing = ground.nodes.filter(({ service, machine }) => !machine.frozen() && knowsOfLoss(service));
    void (async () => {
      for (const node of knowing) if (ground.lossOpen) await accept(ground, node);
    })();
    acceptLater(ground, 700);
  });
}

/** As an administrator does: looks at what is lost, and names it. */
export async function acceptNamed(
  service: Service,
  admin: Caller,
): Promise<Awaited<ReturnType<Service["node"]["acceptLoss"]>>> {
  const told = await service.node.members(admin);
  return service.node.acceptLoss(admin, { lost: told.ok ? (told.value.loss?.lost ?? 0) : 0 });
}

async function accept(ground: Ground, node: SimulatedNode): Promise<void> {
  const { service } = node;
  if (service === null) return;
  const known = ground.follow(node);
  const ended = [...known.optOuts.values()].flatMap(({ id, standing }) => (standing === "ended" ? [id] : []));
  const watched = watch(ground, node, service);
  const accepted = await acceptNamed(service, ground.opening.admin)
    .catch(() => null)
    .finally(watched);
  if (accepted?.ok === false && accepted.refusal.detail.includes("clock"))
    await service.node.acceptTime(ground.opening.admin).catch(() => null);
  if (accepted?.ok !== true || !ground.lossOpen) return;
  for (const id of new Set([...ended, ...node.sawEnd])) {
    const now = ground.truth.optOuts.get(id);
    ground.rules.check(
      "revoked stays revoked",
      now === undefined || now.standing === "ended",
      () => `\`${id}\` had ended as ${node.name} knew, and is ${now?.standing} after the loss was accepted`,
    );
  }
  node.stranded = false;
  node.model = emptyModel();
  ground.lossOpen = false;
  ground.lossUntil = ground.time.now() + 3_000;
}

/** Looked at in every millisecond of an acceptance: what it holds back, it holds back for no longer than that. */
function watch(ground: Ground, node: SimulatedNode, service: Service): () => void {
  let over = false;
  const look = (): void => {
    if (over || node.service !== service) return;
    for (const ended of node.sawSessionsEnd) judgeConsidered(ground, node, ended, "/reports/a");
    ground.time.at(1, look);
  };
  look();
  return () => {
    over = true;
  };
}

/** Whether a node says that its database lost the end of its log. */
export function knowsOfLoss(service: Service | null): boolean {
  const findings = service?.node.status().findings ?? [];
  return findings.some(({ reason }) => reason === "database_stale");
}
