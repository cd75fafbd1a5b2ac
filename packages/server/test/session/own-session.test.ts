import type { ServerResponse } from "node:http";
import type { OwnSession, Question, Service } from "@postern/service";
import { describe, expect, it } from "vitest";
import { manualWorld } from "../../../testing/src/index.ts";
import { move, questionFor, shown } from "../../src/session/own-session.ts";
import { createSessionWatch } from "../../src/session/session-watch.ts";

const CLIENT = { network: null, agent: null } as unknown as Question["client"] & object;
const question = (): Question =>
  questionFor("/desk", {
    session: { id: "ses_1" } as unknown as NonNullable<Question["session"]>,
    network: null,
    client: CLIENT,
    deviceProof: null,
  });

/** What a node says of one session, and whether it is in doubt. */
function node(): { own: Partial<OwnSession>; doubts: boolean; readonly service: Service } {
  const made = {
    own: { now: "2026-11-22T10:00:00Z", state: "ended", endedBy: "inactivity" } as Partial<OwnSession>,
    doubts: true,
    service: {
      sessions: {
        own: async () => made.own,
        extend: async () => ({ ok: false, refusal: { code: "session.ended", detail: "over" } }),
        active: async () => false,
        byId: () => null,
        onRevoked: () => () => undefined,
        onActive: () => () => undefined,
      },
      node: {
        doubt: () => (made.doubts ? { kind: "stale", elapsed: 6_000 } : null),
        onChange: () => () => undefined,
      },
    } as unknown as Service,
  };
  return made;
}

describe("a node in doubt", () => {
  it("does not say that inactivity has ended a session: an opt-out that it cannot honour may carry it", async () => {
    const { service } = node();
    expect(await shown(question(), service)).toMatchObject({ status: 503, problem: { code: "node.doubt" } });
    for (const by of ["extend", "activity"] as const)
      expect(await move(by, question(), null, service)).toMatchObject({ status: 503 });
  });

  it("says so of what has ended without any doubt", async () => {
    const made = node();
    made.own = { ...made.own, endedBy: "overall" } as Partial<OwnSession>;
    expect(await shown(question(), made.service)).toMatchObject({ ok: true });
    made.own = { ...made.own, state: "revoked", endedBy: "person" } as Partial<OwnSession>;
    expect(await shown(question(), made.service)).toMatchObject({ ok: true });
  });

  it("tells open windows once its doubt is over", async () => {
    const made = node();
    const world = manualWorld();
    const watch = createSessionWatch(made.service, world);
    let told = "";
    const response = {
      writableLength: 0,
      writeHead: () => undefined,
      write: (text: string) => {
        told += text;
      },
      on: () => undefined,
      end: () => undefined,
    } as unknown as ServerResponse;
    const settled = () => new Promise((resolve) => setImmediate(resolve));
    watch.open(question(), response, () => undefined);
    await settled();
    expect(told).not.toContain("event: session");
    made.doubts = false;
    world.pass(1_000);
    await settled();
    expect(told).toContain('"state":"ended"');
    watch.close();
  });
});
