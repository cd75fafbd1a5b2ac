import type { Caller } from "@postern/service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Deployment, deployment, must } from "../../src/index.ts";

const POLICY = `
kind: Protection
name: reports
owner: reports-team
mode: enforce
resources: ["route:/reports/**"]
actions: [get]
permit:
  - { name: anyone, when: "true" }
require:
  assurance: aal1
  stepUp: { assurance: aal2 }
---
kind: Offer
name: reports-without-a-code
owner: reports-team
mode: enforce
control: step-up
holders: [subject, device]
basis: preference
scope: { actions: [get], resources: ["route:/reports/**"] }
downTo: aal1
length: { default: P7D, max: P30D, total: P90D }
review: { every: P30D }
disclosure:
  en: { version: 1, title: Reports, stops: The code., protects: The password., until: Its end., undo: Here. }
`;

describe("deleting an entity", () => {
  let node: Deployment;
  let asker: Caller;
  const ana = { type: "user", id: "ana" };
  const bo = { type: "user", id: "bo" };
  const laptop = { type: "device", id: "laptop" };

  const ask = (
    holder:
      | { kind: "subject"; subject: typeof ana }
      | { kind: "device"; device: typeof ana; subject: typeof ana },
  ) => node.service.optOuts.request(asker, { offer: "reports-without-a-code", holder });
  const states = async (subject?: typeof ana): Promise<readonly string[]> =>
    must(
      await node.service.optOuts.list(node.admin, {
        limit: 100,
        ...(subject === undefined ? {} : { subject }),
      }),
    ).items.map(({ state }) => state);

  beforeEach(async () => {
    node = await deployment({ policy: POLICY });
    asker = await node.token(["opt-outs.request"], "ben");
    for (const name of [ana, bo]) must(await node.service.entities.put(node.admin, name, {}));
    must(await node.service.entities.put(node.admin, laptop, { shared: false }));
  });
  afterEach(() => node.stop());

  it("ends every opt-out that rests on it, those asked for in the same moment too", async () => {
    const mine = () => ask({ kind: "subject", subject: ana });
    const here = () => ask({ kind: "device", device: laptop, subject: ana });
    const [deleted, ...asked] = await Promise.all([
      node.service.entities.delete(node.admin, ana),
      ...Array.from({ length: 5 }, mine),
      ...Array.from({ length: 5 }, here),
    ]);
    const [before, , ...after] = await Promise.all([
      mine(),
      node.service.entities.delete(node.admin, laptop),
      here(),
    ]);
    expect(must(deleted).ended).toBeGreaterThanOrEqual(0);
    expect([before, ...after].filter(({ ok }) => ok)).toEqual([]);
    expect((await states()).filter((state) => state !== "withdrawn")).toEqual([]);
    expect(await states()).toHaveLength(asked.filter(({ ok }) => ok).length);
  });

  it("ends those of a device with the device, and leaves the person's own", async () => {
    must(await ask({ kind: "subject", subject: ana }));
    must(await ask({ kind: "device", device: laptop, subject: ana }));
    must(await ask({ kind: "subject", subject: bo }));
    expect(must(await node.service.entities.delete(node.admin, laptop)).ended).toBe(1);
    expect([...(await states(ana))].sort()).toEqual(["pending", "withdrawn"]);
    expect(await states(bo)).toEqual(["pending"]);
  });

  it("no holder gets more than fifty live opt-outs of one control, however many are asked for at once", async () => {
    const asked = await Promise.all(Array.from({ length: 55 }, () => ask({ kind: "subject", subject: ana })));
    expect(asked.filter(({ ok }) => ok)).toHaveLength(50);
    must(await ask({ kind: "subject", subject: bo }));
  });
});
