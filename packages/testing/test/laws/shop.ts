import type { Caller, OptOutRequest, OptOutView, Question } from "@postern/service";
import { type Deployment, type DeploymentOptions, deployment, must } from "../../src/index.ts";

export const POLICY = `
kind: Attributes
name: shop
owner: shop-team
subject:
  roles: { type: list, of: string, max: 20, source: entity }
---
kind: Protection
name: reports
owner: reports-team
mode: enforce
resources: ["route:/reports/**"]
permit:
  - { name: staff, when: '"staff" in subject.roles' }
require:
  assurance: aal1
  stepUp: { assurance: aal2 }
floor: aal1
---
kind: Offer
name: own
owner: reports-team
mode: enforce
control: step-up
holders: [subject, device]
basis: preference
scope: { actions: [get, head], resources: ["route:/reports/**"] }
downTo: aal1
length: { default: P7D, max: P10D, total: P14D }
review: { every: P30D }
disclosure:
  en:
    version: 1
    title: Open reports without a code
    stops: We stop asking for a code when you open reports.
    protects: You still need your password.
    until: It ends after the time you choose.
    undo: Turn it back on at any time on this page.
---
kind: Offer
name: approved
owner: reports-team
mode: enforce
control: step-up
holders: [subject]
basis: waiver
scope: { actions: [get, head], resources: ["route:/reports/**"] }
downTo: aal1
length: { default: P7D, max: P10D, total: P14D }
approvals: { count: 2 }
review: { every: P30D }
disclosure:
  en:
    version: 1
    title: Open reports without a code
    stops: We stop asking for a code when you open reports.
    protects: You still need your password.
    until: It ends after the time you choose.
    undo: Turn it back on at any time on this page.
---
kind: Protection
name: catalogue
owner: shop-team
mode: enforce
resources: ["route:/catalogue/**"]
permit: [{ name: anyone, when: "true" }]
require: { assurance: aal1 }
---
kind: Offer
name: guests
owner: shop-team
mode: enforce
control: authentication
holders: [anonymous]
basis: waiver
scope: { actions: [get], resources: ["route:/catalogue/**"] }
downTo: none
length: { default: P7D, max: P10D, total: P14D }
approvals: { count: 1 }
budget: { uses: 100, per: PT1M }
review: { every: P30D }
`;

export const DAY = 86_400_000;
const MANAGER = ["opt-outs.request", "opt-outs.approve", "opt-outs.read"] as const;

/** A node with people, devices and their sessions: what the laws are tried on. */
export interface Shop {
  readonly node: Deployment;
  /** A session of `ana` on her laptop at this assurance; the same one again while it lasts. */
  session(acr: "aal1" | "aal2", person?: string, device?: string): Promise<Caller>;
  manager(person: string): Promise<Caller>;
  request(caller: Caller, request: OptOutRequest): Promise<OptOutView>;
  consent(caller: Caller, id: string): Promise<OptOutView>;
  /** An opt-out of `ana` by the offer `own`, in force. */
  granted(): Promise<OptOutView>;
  question(caller: Caller | null, path?: string): Question;
  outcome(caller: Caller | null, path?: string): Promise<string>;
}

export async function shop(options: DeploymentOptions = {}): Promise<Shop> {
  const node = await deployment({ policy: POLICY, ...options });
  const app = await node.token(["sessions.register"]);
  for (const id of ["ana", "ben"]) {
    must(
      await node.service.entities.put(node.admin, { type: "user", id }, { attributes: { roles: ["staff"] } }),
    );
  }
  for (const id of ["laptop", "tablet"]) {
    must(await node.service.entities.put(node.admin, { type: "device", id }, { shared: false }));
  }
  const known = new Map<string, string>();
  const made: Shop = {
    node,
    async session(acr, person = "ana", device = "laptop") {
      const key = `${acr} ${person} ${device}`;
      const before = known.get(key);
      if (before !== undefined) return node.sessionCaller(before);
      const now = node.world.wall();
      const { session } = must(
        await node.service.sessions.register(app, {
          subject: { type: "user", id: person },
          device: { type: "device", id: device },
          acr,
          authTime: new Date(now).toISOString(),
          expiresAt: new Date(now + 25 * DAY).toISOString(),
        }),
      );
      known.set(key, session.id);
      return node.sessionCaller(session.id);
    },
    manager: (person) => node.token(MANAGER, person),
    request: async (caller, request) => must(await node.service.optOuts.request(caller, request)),
    async consent(caller, id) {
      const { hash, locale } = must(await node.service.optOuts.disclosure(caller, id, ["en"]));
      return must(await node.service.optOuts.consent(caller, id, { disclosure: hash, locale }));
    },
    async granted() {
      const strong = await made.session("aal2");
      const { id } = await made.request(strong, { offer: "own" });
      return made.consent(strong, id);
    },
    question: (caller, path = "/reports/a") => ({
      subject: null,
      action: { name: "get" },
      resource: { type: "route", id: path },
      session: caller?.kind === "session" ? caller.session : null,
      askedBy: "laws",
    }),
    outcome: async (caller, path) =>
      (await node.service.decisions.decide(made.question(caller, path))).decision.outcome,
  };
  return made;
}
