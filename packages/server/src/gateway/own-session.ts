import type { Question } from "@postern/service";
import { seenBy } from "../client-data/seen.ts";
import { presentedProof, presentedSession } from "../enforcement/session-handle.ts";
import { extensionKey, type Moved, move, pageAsked, questionFor, shown } from "../session/own-session.ts";
import { type Answering, refuseRequest, sendJson } from "./answer.ts";
import { isSameOrigin } from "./navigation.ts";
import type { OwnRoutes } from "./own-parts.ts";

/** `GET /.postern/session`: when it ends, for its own windows. Extends nothing. */
export async function showSession(to: Answering, query: string, own: OwnRoutes): Promise<void> {
  const question = asked(to, query, own);
  if (question === null) return;
  answer(to, await shown(question, own.wiring.service));
}

/** `POST /.postern/session/{activity,extend}`, from a page of this very origin. */
export async function moveSession(
  to: Answering,
  query: string,
  own: OwnRoutes,
  by: "activity" | "extend",
): Promise<void> {
  if (!isSameOrigin(to.request, own.origins)) {
    refuseRequest(to, {
      problem: { code: "request.origin", detail: "expected a request from a page of this very origin" },
      status: 403,
      told: (m) => m.trouble.formElsewhere,
    });
    return;
  }
  const question = asked(to, query, own);
  if (question === null) return;
  const key = extensionKey(to.request.headers["idempotency-key"]);
  if (key === false) {
    refuseRequest(to, {
      problem: {
        code: "request.malformed",
        detail: "expected an `Idempotency-Key` of 1 to 255 printable characters",
      },
      told: (m) => m.gateway.malformed,
    });
    return;
  }
  const { service } = own.wiring;
  answer(to, await move(by, question, key, service));
}

function answer(to: Answering, moved: Moved): void {
  if (moved.ok) sendJson(to, 200, moved.own);
  else
    refuseRequest(to, {
      problem: moved.problem,
      status: moved.status,
      told: (m) => (moved.status === 503 ? m.trouble.notNow : m.trouble.signInFirst),
      ways: (m) => [{ href: "/", label: m.gateway.home }],
    });
}

/** `GET /.postern/session/events`: the same as it moves, as server-sent events. */
export function watchSession(to: Answering, query: string, own: OwnRoutes): void {
  const question = asked(to, query, own);
  if (question === null) return;
  const { sessionWatch } = own.wiring;
  if (question.session === null) {
    sendJson(to, 200, { now: new Date(own.wiring.world.wall()).toISOString(), state: "none" });
    return;
  }
  if (!sessionWatch.open(question, to.response, () => undefined))
    refuseRequest(to, {
      problem: { code: "busy", detail: "too many windows watch this session" },
      told: (m) => m.trouble.notNow,
    });
}

function asked(to: Answering, query: string, own: OwnRoutes): Question | null {
  const page = pageAsked(query);
  if (page === null) {
    refuseRequest(to, {
      problem: { code: "request.malformed", detail: "expected `for` to be a path of this site" },
      told: (m) => m.gateway.malformed,
    });
    return null;
  }
  const { headers } = to.request;
  return questionFor(page, {
    session: presentedSession(headers, own.wiring.service),
    network: own.client.network,
    client: seenBy(own.client, to.request),
    deviceProof: presentedProof(headers),
  });
}
