import { type InteropServer, startInteropServer } from "../interop-server.ts";
import { at, difference, filled, readExamples, type Step } from "./examples.ts";

/** What became of one profile's worked examples. */
export interface ProfileResult {
  readonly profile: string;
  readonly right: number;
  readonly of: number;
  readonly wrong: readonly string[];
}

interface Stage {
  readonly server: InteropServer;
  readonly client: string;
  readonly stranger: string;
  readonly manager: string;
  readonly strong: string;
  readonly kept: Record<string, unknown>;
}

const RESOURCE = { type: "document", id: "plans/q4" };
const ACTION = { name: "can_read" };

/** Plays the examples of a profile against a running server. Rejects where they are absent. */
export async function runProfile(
  name: "access-request" | "obligations",
  folder?: URL,
): Promise<ProfileResult> {
  const { profile, examples } = await readExamples(name, folder);
  const stage = await prepare();
  const wrong: string[] = [];
  try {
    for (const { example, steps } of examples) {
      const why = await play(steps, stage);
      if (why !== null) wrong.push(`${example}: ${why}`);
    }
  } finally {
    await stage.server.stop();
  }
  return { profile, right: examples.length - wrong.length, of: examples.length, wrong };
}

async function prepare(): Promise<Stage> {
  const server = await startInteropServer(new URL("./policy.yaml", import.meta.url));
  const put = (type: string, id: string, attributes: object): Promise<unknown> =>
    server.must("PUT", `/v1/entities/${type}/${encodeURIComponent(id)}`, server.admin, { attributes });
  const subject = { type: "user", id: "alice@example.com" };
  await put("user", subject.id, { role: "staff" });
  await put("user", "manager@example.com", { role: "manager" });
  for (const id of ["plans/q1", "plans/q4"]) await put("document", id, {});
  await put("notice", "n1", {});
  const registrar = await server.token(["sessions.register"], { maxAcr: "aal2", subjectTypes: ["user"] });
  const session = async (acr: string): Promise<string> => {
    const registered = await server.must("POST", "/v1/sessions", registrar, {
      subject,
      acr,
      authTime: new Date().toISOString(),
      expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
    });
    return String(at(registered, "session.id"));
  };
  const weak = await session("aal1");
  const context = { postern: { session: weak } };
  return {
    server,
    client: await server.token(["decide", "opt-outs.request"]),
    stranger: await server.token(["decide", "opt-outs.request"]),
    manager: await server.token(["opt-outs.approve"], {
      person: { type: "user", id: "manager@example.com" },
    }),
    strong: await session("aal2"),
    kept: { subject, session: weak, question: { subject, action: ACTION, resource: RESOURCE, context } },
  };
}

/** Why the steps did not go as they should; null: they did. */
async function play(steps: readonly Step[], stage: Stage): Promise<string | null> {
  for (const step of steps) {
    const why = "act" in step ? await act(step.act, stage) : await exchange(step, stage);
    if (why !== null) return why;
  }
  return null;
}

async function exchange(step: Extract<Step, { send: unknown }>, stage: Stage): Promise<string | null> {
  const { server, kept } = stage;
  const { send, expect } = step;
  const given = composed(kept);
  const path = String(filled(send.path, given)).replace(server.running.urls.control, "");
  const bearer = send.as === null ? null : send.as === "stranger" ? stage.stranger : stage.client;
  const got = await server.send(send.method, path, {
    ...(bearer === null ? {} : { bearer }),
    ...(send.body === undefined ? {} : { body: filled(send.body, given) }),
    ...(send.headers === undefined ? {} : { headers: send.headers }),
  });
  if (got.status !== expect.status)
    return `${send.method} ${path}: expected ${expect.status}, got ${got.status} ${JSON.stringify(got.body)}`;
  const missing = expect.headers?.find((name) => got.headers.get(name) === null);
  if (missing !== undefined) return `${send.method} ${path}: expected the header \`${missing}\``;
  const present = expect.absent?.find((name) => at(got.body, name) !== undefined);
  if (present !== undefined) return `${send.method} ${path}: expected no \`${present}\``;
  for (const [name, from] of Object.entries(step.keep ?? {})) kept[name] = at(got.body, from);
  return difference(filled(expect.match ?? {}, given), got.body);
}

/** What follows from kept values: the submission after a denial, and the question with its approval. */
function composed(kept: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { question, denial, approval } = kept;
  const asked = typeof question === "object" ? { ...question } : {};
  return {
    ...kept,
    submission: {
      ...asked,
      context: { ...(at(asked, "context") as object), business_justification: "customer renewal review" },
      denial: {
        evaluation_id: at(denial, "evaluation_id"),
        evaluated_at: at(denial, "evaluated_at"),
        reason: at(denial, "reason"),
        expires_at: at(denial, "access_request.expires_at"),
        template: at(denial, "access_request.template"),
        binding_token: at(denial, "access_request.binding_token"),
      },
    },
    reevaluation: { ...asked, context: { ...(at(asked, "context") as object), approval } },
  };
}

/** What people do, each in their own way: nothing of it is the enforcement point's. */
async function act(what: "approve" | "consent" | "revoke", stage: Stage): Promise<string | null> {
  const { server, kept, manager, strong } = stage;
  const id = String(at(kept, "task.links.ticket")).split("/").at(-1) ?? "";
  switch (what) {
    case "approve":
      await server.must("POST", `/v1/opt-outs/${id}/approve`, manager, {});
      return null;
    case "revoke":
      await server.must("POST", `/v1/opt-outs/${id}/revoke`, server.admin, {});
      return null;
    case "consent": {
      const { optOuts, sessions } = server.running.service;
      const session = sessions.byId(strong);
      if (session === null) return "there is no session to consent in";
      const caller = { kind: "session", session } as const;
      const shown = await optOuts.disclosure(caller, id, ["en"]);
      if (!shown.ok) return shown.refusal.detail;
      const given = await optOuts.consent(caller, id, { disclosure: shown.value.hash, locale: "en" });
      return given.ok ? null : given.refusal.detail;
    }
    default:
      return what satisfies never;
  }
}
