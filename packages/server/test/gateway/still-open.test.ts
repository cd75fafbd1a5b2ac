import type { Decision, SessionId } from "@postern/core";
import type { Answer, Question, Service } from "@postern/service";
import { describe, expect, it } from "vitest";
import { createStillOpen } from "../../src/gateway/still-open.ts";

type Given = Parameters<typeof createStillOpen>[0];

const PERMIT = { outcome: "permit", unmet: [], waived: [], notHonoured: [] } as unknown as Decision;
const OVER = { ...PERMIT, outcome: "challenge" } as Decision;

/** Exchanges of these sessions, each with what is decided of it from now on. */
function open(sessions: readonly (readonly [id: string, now: Decision])[]) {
  let looked = 0;
  let change: (alone: readonly SessionId[] | null) => void = () => undefined;
  const ended: string[] = [];
  const decided = new Map(sessions);
  const service = {
    sessions: { byId: (id: string) => ({ id, revokedAt: null }) },
    decisions: {
      consider({ session }: Question) {
        looked += 1;
        return { decision: decided.get(session?.id ?? "") ?? OVER };
      },
      timeouts: async () => ({ timeouts: null }),
    },
    node: {
      onChange(listener: typeof change) {
        change = listener;
        return () => undefined;
      },
    },
  } as unknown as Given;
  const still = createStillOpen(service satisfies Pick<Service, "decisions" | "sessions" | "node">, {
    after: () => () => undefined,
  });
  for (const [id] of sessions)
    still.add({ session: { id } } as Question, { decision: PERMIT } as Answer, () => ended.push(id));
  return { ended, looked: () => looked, change: (alone: readonly string[] | null) => change(alone as never) };
}

const many = (prefix: string, now: Decision): readonly (readonly [string, Decision])[] =>
  Array.from({ length: 200 }, (_, at) => [`${prefix}${at}`, now] as const);

describe("exchanges that outlast their decision", () => {
  it("are each looked at twice at most where many end at once", async () => {
    const { ended, looked, change } = open([...many("over-", OVER), ...many("live-", PERMIT)]);
    change(null);
    await new Promise((resolve) => setImmediate(resolve));
    expect(ended).toHaveLength(200);
    expect(looked()).toBeLessThanOrEqual(600);
  });

  it("are not looked at because of what became of other sessions", () => {
    const { ended, looked, change } = open([...many("live-", PERMIT), ["over", OVER]]);
    change(["live-7", "unknown"]);
    expect([looked(), ended]).toEqual([1, []]);
  });
});
