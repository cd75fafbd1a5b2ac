import type { Assurance, SessionId } from "@postern/core";
import type { Answer, Caller, OptOutView, Question } from "@postern/service";
import { type Deployment, type DeploymentOptions, deployment, must } from "../../src/index.ts";

const REST = `
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
permit: [{ name: anyone, when: "true" }]
require: { assurance: aal1, stepUp: { assurance: aal2 } }
---
kind: Protection
name: pay
owner: payments
mode: enforce
resources: ["route:/pay/**"]
as: { resource: "payment:all" }
permit: [{ name: anyone, when: "true" }]
require: { assurance: aal1, stepUp: { assurance: aal2 } }
---
kind: Protection
name: catalogue
owner: shop-team
mode: enforce
resources: ["route:/catalogue/**"]
permit: [{ name: anyone, when: "true" }]
require: { assurance: aal1 }
`;

const offer = (name: string, resource: string, more: string): string => `---
kind: Offer
name: ${name}
owner: reports-team
mode: enforce
control: step-up
holders: [subject]
basis: preference
scope: { actions: [get], resources: ["${resource}"] }
downTo: aal1
length: { default: P7D, max: P30D, total: P90D }
review: { every: P30D }
${more}
disclosure: { en: { version: 1, title: a, stops: b, protects: c, until: d, undo: e } }
`;

/** The shop's policy; `more` is added to the offer `quick-reports`. */
export function shopPolicy(more: string = ""): string {
  return `${REST}${offer("quick-pay", "payment:all", "")}${offer("quick-reports", "route:/reports/**", more)}`;
}

type Person = Extract<Caller, { readonly kind: "session" }>;

export interface Shop {
  readonly node: Deployment;
  signIn(person: string, acr?: Assurance, application?: Caller): Promise<Person>;
  ask(person: Person, name?: string): Promise<OptOutView>;
  consent(person: Person, id: string): ReturnType<Deployment["service"]["optOuts"]["consent"]>;
  get(path: string, person: Person | null): Promise<Answer>;
}

export async function openShop(
  more: string = "",
  options: Pick<DeploymentOptions, "store"> = {},
): Promise<Shop> {
  const node = await deployment({ ...options, policy: shopPolicy(more) });
  const login = await node.token(["sessions.register"]);
  const at = (milliseconds: number): string => new Date(node.world.wall() + milliseconds).toISOString();
  const found = (id: SessionId): Person => {
    const session = node.service.sessions.byId(id);
    if (session === null) throw new Error("the session that was just registered is unknown");
    return { kind: "session", session };
  };
  return {
    node,
    async signIn(person, acr = "aal2", application = login) {
      const { session } = must(
        await node.service.sessions.register(application, {
          subject: { type: "user", id: person },
          acr,
          authTime: at(0),
          expiresAt: at(20 * 86_400_000),
        }),
      );
      return found(session.id as SessionId);
    },
    ask: async (person, name = "quick-reports") =>
      must(await node.service.optOuts.request(person, { offer: name })),
    async consent(person, id) {
      const { hash } = must(await node.service.optOuts.disclosure(person, id, ["en"]));
      return node.service.optOuts.consent(person, id, { disclosure: hash, locale: "en" });
    },
    get: async (path, person) => {
      const question: Question = {
        subject: null,
        action: { name: "get" },
        resource: { type: "route", id: path },
        session: person?.session ?? null,
        network: "192.0.2.0/24",
        askedBy: "test",
      };
      return node.service.decisions.decide(question);
    },
  };
}

/** The code of a refusal, or `ok`. */
export function codeOf(
  result: { readonly ok: true } | { readonly ok: false; readonly refusal: { readonly code: string } },
): string {
  return result.ok ? "ok" : result.refusal.code;
}
