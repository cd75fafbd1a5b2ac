import type { ServedNode } from "./served-node.ts";
import { type Area, EXPECTED, wordsOf } from "./two-revisions.ts";

export interface Judged {
  readonly asked: number;
  readonly answered: number;
  /** Answers of each revision alone. */
  readonly byFirst: number;
  readonly bySecond: number;
  /** Answers that are of neither revision, or of another than the one that they name. */
  readonly mixed: number;
  /** Questions without an answer. */
  readonly failed: number;
  /** The first few of both, in words. */
  readonly examples: readonly string[];
}

interface Context {
  readonly outcome?: unknown;
  readonly revision?: unknown;
  readonly unmet?: readonly { readonly requirement: string; readonly reason: string }[];
}

const TICK_MS = 4;
/** Of the questions of a tick so many go together in one request. */
const TOGETHER = 0.8;
const EXAMPLES = 20;

/** Asks at a steady rate until it is stopped, whatever the answers: a slow node is asked no less. */
export function drive(parts: {
  readonly node: Pick<ServedNode, "call">;
  readonly rate: number;
  readonly session: string;
  readonly revisions: { readonly first: string; readonly second: string };
}): { stop(): Promise<Judged> } {
  const { node, rate, session, revisions } = parts;
  const counts = { asked: 0, answered: 0, byFirst: 0, bySecond: 0, mixed: 0, failed: 0 };
  const examples: string[] = [];
  const note = (text: string): void => {
    if (examples.length < EXAMPLES) examples.push(text);
  };
  const open = new Set<Promise<void>>();

  const question = (area: Area): unknown => ({
    subject: { type: "user", id: "ana" },
    action: { name: "get" },
    resource: { type: "route", id: `/${area}/monthly` },
    context: { postern: { session } },
  });
  const judge = (area: Area, context: Context | undefined): void => {
    counts.answered += 1;
    const words = wordsOf(context ?? {});
    const named = context?.revision;
    if (named === revisions.first && words === EXPECTED.first[area]) counts.byFirst += 1;
    else if (named === revisions.second && words === EXPECTED.second[area]) counts.bySecond += 1;
    else {
      counts.mixed += 1;
      note(`${area}: \`${words}\` by revision ${String(named)}`);
    }
  };
  const fail = (count: number, why: string): void => {
    counts.failed += count;
    note(why);
  };
  const ask = (path: string, body: unknown, areas: readonly Area[]): void => {
    counts.asked += areas.length;
    const call = node.call("POST", path, body).then(
      ({ status, json }) => {
        const all =
          path === "/access/v1/evaluations"
            ? (json as { readonly evaluations?: readonly { readonly context?: Context }[] }).evaluations
            : [json as { readonly context?: Context }];
        if (status !== 200 || all?.length !== areas.length) {
          fail(areas.length, `${path} answered ${status}: ${JSON.stringify(json).slice(0, 200)}`);
          return;
        }
        for (const [at, area] of areas.entries()) judge(area, all[at]?.context);
      },
      (cause: unknown) => fail(areas.length, `${path}: ${String(cause)}`),
    );
    open.add(call);
    void call.then(() => open.delete(call));
  };

  const began = performance.now();
  let due = 0;
  const tick = (): void => {
    due = Math.floor(((performance.now() - began) / 1000) * rate);
    while (counts.asked < due) {
      const left = due - counts.asked;
      const batch = Math.min(16, Math.floor(left * TOGETHER));
      if (batch >= 2) {
        const areas = Array.from({ length: batch }, (): Area => "papers");
        ask("/access/v1/evaluations", { evaluations: areas.map(question) }, areas);
      }
      const area: Area = counts.asked % 5 === 0 ? "reports" : "papers";
      ask("/access/v1/evaluation", question(area), [area]);
    }
  };
  const timer = setInterval(tick, TICK_MS);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(open);
      return { ...counts, examples };
    },
  };
}
