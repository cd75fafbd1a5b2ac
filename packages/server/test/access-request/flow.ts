import type { TokenScope } from "@postern/core";
import { inDays, type TestPostern, testPostern } from "../fixture/running.ts";
import type { Answered } from "../fixture/send.ts";
import { REQUESTABLE } from "./policy.ts";

const EVALUATION = "/access/v1/evaluation";
export const REQUESTS = "/access/v1/requests";

export interface Flow {
  readonly postern: TestPostern;
  /** An enforcement point that may also ask. */
  readonly client: string;
  readonly weak: string;
  readonly approver: string;
  question(more?: object): object;
  evaluate(question: object, by?: string): Promise<Answered>;
  /** The body that asks after an answer. */
  submission(question: object, answer: Answered, more?: object): object;
  submit(body: object, by?: string, headers?: Readonly<Record<string, string>>): Promise<Answered>;
  task(endpoint: string, by?: string): Promise<Answered>;
  /** Consents in a strong session of ana's. */
  consent(optOut: string): Promise<void>;
  approve(optOut: string): Promise<Answered>;
  token(scopes: readonly TokenScope[], more?: object): Promise<string>;
}

export async function startFlow(): Promise<Flow> {
  const postern = await testPostern({}, REQUESTABLE);
  const put = (id: string, role: string): Promise<Answered> =>
    postern.call("PUT", `/v1/entities/user/${id}`, { token: postern.admin, body: { attributes: { role } } });
  await Promise.all([put("ana", "staff"), put("bob", "guest"), put("olga", "owner")]);
  const registrar = await postern.token(["sessions.register"], { maxAcr: "aal2", subjectTypes: ["user"] });
  const session = async (acr: string, id = "ana"): Promise<string> => {
    const made = await postern.call("POST", "/v1/sessions", {
      token: registrar,
      body: {
        subject: { type: "user", id },
        acr,
        authTime: new Date().toISOString(),
        expiresAt: inDays(0.2),
      },
    });
    return made.json.session.id;
  };
  const weak = await session("aal1");
  const strong = await session("aal2");
  const client = await postern.token(["decide", "opt-outs.request"]);
  const approver = await postern.token(["opt-outs.approve", "opt-outs.read"], {
    person: { type: "user", id: "olga" },
  });
  return {
    postern,
    client,
    weak,
    approver,
    question: (more = {}) => ({
      subject: { type: "user", id: "ana" },
      action: { name: "get" },
      resource: { type: "route", id: "/reports/q/3" },
      context: { postern: { session: weak }, amount: 7 },
      ...more,
    }),
    evaluate: (body, by = client) => postern.call("POST", EVALUATION, { token: by, body }),
    submission: (question, { json }, more = {}) => ({
      ...question,
      denial: {
        evaluation_id: json.context.evaluation_id,
        evaluated_at: json.context.evaluated_at,
        expires_at: json.context.access_request?.expires_at,
        reason: json.context.reason,
        template: json.context.access_request?.template,
        binding_token: json.context.access_request?.binding_token,
      },
      ...more,
    }),
    submit: (body, by = client, headers = {}) => postern.call("POST", REQUESTS, { token: by, body, headers }),
    task: (endpoint, by = client) => postern.call("GET", new URL(endpoint).pathname, { token: by }),
    async consent(optOut) {
      const { optOuts, sessions } = postern.running.service;
      const held = sessions.byId(strong);
      if (held === null) throw new Error("there is no session");
      const caller = { kind: "session", session: held } as const;
      const shown = await optOuts.disclosure(caller, optOut, ["en"]);
      if (!shown.ok) throw new Error(shown.refusal.detail);
      const given = await optOuts.consent(caller, optOut, { disclosure: shown.value.hash, locale: "en" });
      if (!given.ok) throw new Error(given.refusal.detail);
    },
    approve: (optOut) =>
      postern.call("POST", `/v1/opt-outs/${optOut}/approve`, { token: approver, body: {} }),
    token: (scopes, more = {}) => postern.token(scopes, { ...more }),
  };
}

export function optOutOf({ json }: Answered): string {
  return new URL(json.task.links.ticket).pathname.split("/").at(-1) ?? "";
}
