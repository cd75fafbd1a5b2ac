import { startTarget, wrk } from "./load.ts";
import type { Row } from "./row.ts";

const SECONDS = 2;
const EACH = 100;

/** One request that asks a hundred questions, beside a hundred requests that ask one each; outcomes compared first. */
export async function evaluationsRow(): Promise<Row> {
  const ours = await startTarget("postern");
  const { url, token, session } = ours.target;
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const shared = {
    subject: { type: "user", id: "person" },
    action: { name: "get" },
    context: { postern: { session } },
  };
  const single = JSON.stringify({ ...shared, resource: { type: "app", id: "notes/1" } });
  const batch = JSON.stringify({
    ...shared,
    evaluations: Array.from({ length: EACH }, (_, at) => ({ resource: { type: "app", id: `notes/${at}` } })),
  });
  const [one, many] = [`${url}/access/v1/evaluation`, `${url}/access/v1/evaluations`];
  const answer = async (to: string, body: string): Promise<unknown> =>
    (await fetch(to, { method: "POST", headers, body })).json();
  const permitted = (value: unknown): boolean => (value as { readonly decision?: boolean }).decision === true;
  const all = (await answer(many, batch)) as { readonly evaluations: readonly unknown[] };
  if (!permitted(await answer(one, single)) || all.evaluations.filter(permitted).length !== EACH)
    throw new Error("expected every question of the batch to be answered as it is alone");
  return {
    name: `POST /access/v1/evaluations with ${EACH} questions beside one question a request, 32 connections`,
    target: "a decision costs half of a single evaluation at most",
    async round() {
      const alone = await wrk(one, { method: "POST", headers, body: single }, SECONDS);
      const batches = await wrk(many, { method: "POST", headers, body: batch }, SECONDS);
      const again = await wrk(one, { method: "POST", headers, body: single }, SECONDS);
      const [each, together] = [(alone.rate + again.rate) / 2, batches.rate * EACH];
      return {
        "µs a decision in a batch": 1e6 / together,
        "µs a single evaluation": 1e6 / each,
        ratio: each / together,
        refused: alone.bad + batches.bad + again.bad,
      };
    },
    worst: ["refused"],
    met: (medians) => (medians.ratio ?? 9) <= 0.5 && medians.refused === 0,
    close: () => ours.stop(),
  };
}
