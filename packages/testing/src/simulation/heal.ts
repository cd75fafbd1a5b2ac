import { judgeConsidered, questionOf } from "./answers.ts";
import type { Ground, SimulatedNode } from "./ground.ts";
import { acceptNamed, knowsOfLoss } from "./loss.ts";

/** The true rows are put back, and whoever raised an alarm over the others is started anew. */
export function healStore(ground: Ground): void {
  if (!ground.tampered) return;
  ground.tampered = false;
  ground.db.recover();
  for (const node of ground.nodes) if (isAlarmed(node)) restart(ground, node);
}

function isAlarmed({ service }: SimulatedNode): boolean {
  const findings = service?.node.status().findings ?? [];
  return findings.some(({ reason }) => reason === "row_tampered");
}

function restart(ground: Ground, node: SimulatedNode): void {
  ground.kill(node);
  ground.start(node);
}

/** Everything works again, and administrators have done what is theirs to do. */
export async function heal(ground: Ground): Promise<void> {
  const { nodes, time } = ground;
  ground.full = false;
  ground.nextFate = null;
  for (const { trouble, machine } of nodes) {
    trouble.outCut.clear();
    trouble.inCut.clear();
    Object.assign(trouble, { loss: 0, slow: 2, loseNextAnswer: false });
    if (machine.frozen()) machine.thaw();
    machine.drift(1);
  }
  healStore(ground);
  let calm = 0;
  for (let tries = 0; tries < 60 && calm < 3; tries++) {
    await time.pass(500);
    for (const node of nodes) {
      if (node.away) continue;
      if (!node.machine.alive()) ground.start(node);
      else if (isAlarmed(node)) restart(ground, node);
      else if (!ground.lossOpen && tries % 6 === nodes.indexOf(node) * 2 && knowsOfLoss(node.service)) {
        // Its signed head stands in an end that is lost, under a key that is lost with it.
        const { service } = node;
        if (service !== null) void acceptNamed(service, ground.opening.admin).catch(() => undefined);
      } else if (node.service?.node.doubt()?.reason === "clock_distrusted")
        void node.service.node.acceptTime(ground.opening.admin).catch(() => undefined);
    }
    const up = nodes.filter(({ away }) => !away);
    if (
      !ground.lossOpen &&
      !ground.down &&
      up.every(({ service }) => service !== null && service.node.doubt() === null)
    )
      calm += 1;
    else calm = 0;
  }
  await time.pass(1_000);
}

/** After healing all know the same, and whoever uses an opt-out as it is meant is honoured everywhere. */
export async function look(ground: Ground): Promise<void> {
  const { nodes, rules, time, truth, opening } = ground;
  const up = nodes.filter(({ away }) => !away);
  for (const node of up) {
    const size = node.service?.ledger.size() ?? 0;
    const doubt = node.service === null ? "it is down" : (node.service.node.doubt()?.detail ?? null);
    rules.check(
      "nodes converge",
      size === ground.truth.size && doubt === null,
      () =>
        `${node.name} is at ${size} of ${ground.truth.size} after everything was healed: ${doubt ?? "no doubt"}`,
    );
  }
  rules.settle();
  const first = up[0]?.service;
  if (first === null || first === undefined || truth.revision === null) return;
  const person = { type: "user", id: `guest-${ground.db.log.length}` };
  const step = async <Value>(
    what: string,
    act: Promise<{
      readonly ok: boolean;
      readonly value?: Value;
      readonly refusal?: { readonly code: string; readonly detail: string };
    }>,
  ): Promise<Value> => {
    const done = await time.until(act, 10_000);
    rules.check(
      "an honest use succeeds",
      done.ok,
      () => `${what} was refused: ${done.refusal?.code}, ${done.refusal?.detail}`,
    );
    rules.settle();
    return done.value as Value;
  };
  for (const { id, lifted } of lockList(ground))
    if (!lifted) await step("lifting a lock", first.locks.lift(opening.admin, id));
  await step(
    "entering a person",
    first.entities.put(opening.admin, person, { attributes: { roles: ["staff"] } }),
  );
  const signIn = async (acr: "aal1" | "aal2"): Promise<string> => {
    const now = Date.parse(first.node.status().time);
    const made = await step(
      "signing in",
      first.sessions.register(opening.application, {
        subject: person,
        acr,
        authTime: new Date(now).toISOString(),
        expiresAt: new Date(now + 3_600_000).toISOString(),
      }),
    );
    return made.session.id;
  };
  const strong = first.sessions.byId(await signIn("aal2"));
  if (strong === null) return;
  const caller = { kind: "session", session: strong } as const;
  const asked = await step("asking for an opt-out", first.optOuts.request(caller, { offer: "limited" }));
  const shown = await step("reading what it means", first.optOuts.disclosure(caller, asked.id, ["en"]));
  await step("consenting", first.optOuts.consent(caller, asked.id, { disclosure: shown.hash, locale: "en" }));
  const weak = await signIn("aal1");
  for (const { service, name } of up) {
    if (service === null) continue;
    await time.until(service.node.fresh(), 10_000);
    await time.pass(50);
    const { decision } = await time.until(
      Promise.resolve(service.decisions.decide(questionOf(service, weak, "/reports/a"))),
      10_000,
    );
    rules.check(
      "an honest use succeeds",
      decision.outcome === "honour",
      () =>
        `${name} answers ${decision.outcome} to an honest use (${[...decision.unmet, ...decision.notHonoured].map(({ reason }) => reason).join()}); ${JSON.stringify(service.node.status())}; the log has ${ground.truth.size} in epoch ${ground.truth.epoch}`,
    );
  }
  for (const node of up) judgeConsidered(ground, node, weak, "/reports/a");
}

function lockList(ground: Ground): readonly { readonly id: string; readonly lifted: boolean }[] {
  return [...ground.truth.locks].map(([id, { lifted, until }]) => ({
    id,
    lifted: lifted || (until !== null && until < ground.db.now() - 60_000),
  }));
}
