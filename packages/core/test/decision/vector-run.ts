import type { Question } from "../../../service/src/index.ts";
import {
  type Deployment,
  deployment,
  must,
  type WrittenEntry,
} from "../../../testing/src/deployment/deployment.ts";
import { formatInstant, instant } from "../../src/index.ts";

type Fields = Readonly<Record<string, unknown>>;
type Caller = Deployment["admin"];

interface RequestText {
  readonly session: string | null;
  readonly action: string;
  readonly resource: string;
  readonly delegated?: boolean;
  readonly network?: string;
  readonly from?: { readonly address: string; readonly agent?: string };
}

interface ActText {
  readonly act: string;
  readonly in?: string;
  readonly by?: string;
  readonly as?: string;
  readonly of?: string;
  readonly offer?: string;
  readonly device?: string;
  readonly anonymous?: boolean;
  readonly scope?: { readonly actions: readonly string[]; readonly resources: readonly string[] };
  readonly length?: string;
  readonly startsIn?: number;
  readonly reason?: string;
  readonly target?: never;
  readonly seconds?: number;
  readonly times?: number;
  readonly request?: RequestText;
  readonly entity?: string;
  readonly states?: Fields;
  readonly refused?: string;
}

export interface CaseText {
  readonly name: string;
  readonly acts: readonly ActText[];
  readonly request: RequestText;
  readonly expect: {
    readonly outcome: string;
    readonly unmet: readonly string[];
    readonly waived: readonly string[];
    readonly notHonoured?: readonly string[];
    readonly governed?: boolean;
    readonly wouldBe?: string;
    readonly risk?: { readonly level: string; readonly score: number | null; readonly factors?: Fields };
  };
  readonly expectEntries: readonly { readonly type: string; readonly with?: Fields }[];
}

export interface VectorFile {
  readonly description: string;
  readonly policy: string;
  readonly entities: Readonly<Record<string, Fields>>;
  readonly sessions: Readonly<
    Record<string, { readonly subject: string; readonly device?: string; readonly acr: "aal1" | "aal2" }>
  >;
  readonly cases: readonly CaseText[];
}

const DAY = 86_400_000;

/** A node with the policy, entities and sessions of a vector file. */
export async function vectorRun(
  file: VectorFile,
  policy: string,
): Promise<{
  stop(): Promise<void>;
  play(one: CaseText): Promise<{
    readonly answer: Fields;
    readonly expected: Fields;
    readonly entries: readonly WrittenEntry[];
    readonly expectedEntries: readonly Fields[];
  }>;
}> {
  const node = await deployment({ policy });
  const { optOuts, locks, decisions, entities } = node.service;
  const names = new Map<string, string>();
  const sessions = new Map<string, string>();
  const tokens = new Map<string, Caller>();
  for (const [name, given] of Object.entries(file.entities)) {
    must(await entities.put(node.admin, entityName(name), given));
  }
  const app = await node.token(["sessions.register"]);
  const when = (seconds: number): string => formatInstant(instant(node.world.wall() + seconds * 1000));
  for (const [name, { subject, device, acr }] of Object.entries(file.sessions)) {
    const { session } = must(
      await node.service.sessions.register(app, {
        subject: { type: "user", id: subject },
        ...(device === undefined ? {} : { device: { type: "device", id: device } }),
        acr,
        authTime: when(0),
        expiresAt: when((20 * DAY) / 1000),
      }),
    );
    sessions.set(name, session.id);
  }
  for (const person of ["ben", "pia"]) {
    tokens.set(person, await node.token(["opt-outs.request", "opt-outs.approve"], person));
  }

  const resolve = (value: unknown): unknown => {
    if (typeof value === "string")
      return value.startsWith("$") ? (names.get(value.slice(1)) ?? value) : value;
    if (Array.isArray(value)) return value.map(resolve);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolve(inner)]));
  };
  const resolveText = (text: string): string => text.replace(/\$[a-z-]+/g, (name) => String(resolve(name)));
  const sessionOf = (name: string): string => sessions.get(name) ?? `no session ${name}`;
  const callerOf = (act: ActText): Caller =>
    act.in === undefined ? (tokens.get(act.by ?? "") ?? node.admin) : node.sessionCaller(sessionOf(act.in));
  const ask = async ({ session, action, resource, delegated, network, from }: RequestText) => {
    const { type, id } = entityName(resource);
    const question: Question = {
      subject: null,
      action: { name: action },
      resource: { type, id },
      session: session === null ? null : node.service.sessions.byId(sessionOf(session)),
      ...(delegated === undefined ? {} : { delegated }),
      ...(network === undefined ? {} : { network }),
      ...(from === undefined ? {} : { client: { agent: null, ...from } }),
      askedBy: "vectors",
    };
    if (from === undefined) return { ...(await decisions.decide(question)), factors: [] };
    // The first question about somebody has what is remembered of them fetched.
    decisions.consider(question);
    await new Promise((resolve) => setTimeout(resolve, 30));
    const { explanation } = decisions.consider(question);
    return { ...(await decisions.decide(question)), factors: explanation().risk.factors };
  };

  async function perform(act: ActText) {
    const caller = callerOf(act);
    const id = act.of === undefined ? "" : String(resolve(act.of));
    switch (act.act) {
      case "request":
        return optOuts.request(caller, {
          offer: act.offer ?? "",
          ...(act.anonymous === true ? { holder: { kind: "anonymous" as const } } : {}),
          ...(act.device === undefined
            ? {}
            : { holder: { kind: "device" as const, device: { type: "device", id: act.device } } }),
          ...(act.scope === undefined ? {} : { scope: act.scope }),
          ...(act.length === undefined ? {} : { length: act.length }),
          ...(act.startsIn === undefined ? {} : { startsAt: when(act.startsIn) }),
          ...(act.reason === undefined ? {} : { reason: act.reason }),
        });
      case "consent": {
        const { hash, locale } = must(await optOuts.disclosure(caller, id, ["en"]));
        return optOuts.consent(caller, id, { disclosure: hash, locale });
      }
      case "approve":
        return optOuts.approve(caller, id, null);
      case "suspend":
        return optOuts.suspend(caller, id, {});
      case "narrow":
        return optOuts.narrow(caller, id, null, act.scope === undefined ? {} : { scope: act.scope });
      case "revoke":
        return optOuts.revoke(caller, id, {});
      case "lock":
        return locks.place(caller, { target: resolve(act.target) as never });
      case "lift":
        return locks.lift(node.admin, id);
      case "put":
        return entities.put(node.admin, entityName(act.entity ?? ""), { states: act.states });
      case "decide":
        for (let times = act.times ?? 1; times > 0; times--)
          if (act.request !== undefined) await ask(act.request);
        return null;
      case "pass":
        node.world.pass((act.seconds ?? 0) * 1000);
        await node.settle();
        return null;
      default:
        throw new Error(`there is no act \`${act.act}\``);
    }
  }

  return {
    stop: () => node.stop(),
    async play(one) {
      const from = node.service.ledger.size();
      for (const act of one.acts) {
        const done = await perform(act);
        if (done === null) continue;
        if (act.refused !== undefined) {
          if (done.ok || done.refusal.code !== act.refused)
            throw new Error(`expected \`${act.refused}\`, got ${JSON.stringify(done)}`);
          continue;
        }
        const made: object = must(done as never);
        if (act.as !== undefined && "id" in made) names.set(act.as, String(made.id));
      }
      const { decision, entry, factors } = await ask(one.request);
      const entries = await node.entries(from);
      if ((entry === null) !== (decision.outcome !== "honour"))
        throw new Error("an honour has its entry, and nothing else has one");
      if (entry !== null && entries.at(-1)?.index !== entry.index)
        throw new Error("the entry that was answered is not the last one");
      const wanted = one.expect;
      return {
        answer: {
          outcome: decision.outcome,
          unmet: decision.unmet.map(({ requirement, reason }) => `${requirement.kind}: ${reason}`),
          waived: decision.waived.map(({ requirement, optOut }) => `${requirement.control}: ${optOut}`),
          notHonoured: decision.notHonoured.map(({ optOut, reason }) => `${optOut}: ${reason}`),
          governed: decision.governed,
          wouldBe: decision.wouldBe?.outcome ?? null,
          ...(wanted.risk === undefined
            ? {}
            : {
                risk: {
                  level: decision.risk,
                  score: decision.scored?.score ?? null,
                  factors: Object.fromEntries(factors.map(({ name, share }) => [name, share])),
                },
              }),
        },
        expected: {
          outcome: wanted.outcome,
          unmet: wanted.unmet,
          waived: wanted.waived.map(resolveText),
          notHonoured: (wanted.notHonoured ?? []).map(resolveText),
          governed: wanted.governed ?? true,
          wouldBe: wanted.wouldBe ?? null,
          ...(wanted.risk === undefined ? {} : { risk: { factors: {}, ...wanted.risk } }),
        },
        entries,
        expectedEntries: one.expectEntries.map((entry) => resolve(entry.with ?? {}) as Fields),
      };
    },
  };
}

function entityName(text: string): { readonly type: string; readonly id: string } {
  const colon = text.indexOf(":");
  return { type: text.slice(0, colon), id: text.slice(colon + 1) };
}
