import type { OutgoingHttpHeaders } from "node:http";
import { between, type Dice } from "../crash/seeded.ts";
import type { Answered } from "./ask.ts";
import type { Race, RacedSession, Use } from "./contestant.ts";
import type { Ground } from "./ground.ts";
import { EXTENSIONS } from "./races-policy.ts";

const HOUR_MS = 3_600_000;

/** A session that an application registers; its secret is the cookie at the gateway and the bearer at the API. */
export async function registeredSession(
  ground: Ground,
  race: Race,
  person: string,
  dice: Dice,
): Promise<RacedSession> {
  const { ask, control, gateway } = ground;
  const register = (id?: string, acr = "aal1"): Promise<Answered> =>
    ask(`${control}/v1/sessions`, {
      headers: { authorization: `Bearer ${ground.application}` },
      json: {
        ...(id === undefined ? {} : { id }),
        subject: { type: "user", id: person },
        acr,
        authTime: new Date().toISOString(),
        expiresAt: new Date(Date.now() + HOUR_MS).toISOString(),
      },
    });
  if (race === "late cache fill") {
    const strong = JSON.parse((await register(undefined, "aal2")).text) as Registered;
    await ground.optOut(strong.session.id);
  }
  const registered = await register();
  if (registered.status !== 201)
    throw new Error(`expected a session, got ${registered.status} ${registered.text}`);
  const first = JSON.parse(registered.text) as Registered;
  const { id } = first.session;
  const secrets = [first.secret];
  const newest = (): string => secrets.at(-1) ?? first.secret;
  let extended = 0;

  const usesOf = (secret: () => string, what: "newest secret" | "earlier secret"): readonly Use[] =>
    placesOf(secret, what).map((use) => ({ ...use, replaced: what === "earlier secret" }));
  const placesOf = (secret: () => string, what: string): readonly Use[] => [
    { by: `gateway, ${what}`, send: () => isOpen(`${gateway}/notes/1`, cookie(secret())) },
    {
      by: `gate, ${what}`,
      send: () => isOpen(`${control}/gate/nginx`, { ...ORIGINAL, ...cookie(secret()) }),
    },
    { by: `API, ${what}`, send: () => isLive(`${control}/v1/session`, bearer(secret())) },
    {
      by: `gateway's own session, ${what}`,
      send: () => isLive(`${gateway}/.postern/session`, cookie(secret())),
    },
  ];
  const isOpen = async (url: string, headers: OutgoingHttpHeaders): Promise<boolean> =>
    (await ask(url, { headers })).status === 200;
  const isLive = async (url: string, headers: OutgoingHttpHeaders): Promise<boolean> => {
    const { status, text } = await ask(url, { headers });
    return status === 200 && (JSON.parse(text) as { state: string }).state === "live";
  };
  const move = (by: "extend" | "activity", at: "API" | "gateway"): Use => ({
    by: `${by} at the ${at}`,
    async send() {
      const there = at === "API" ? `${control}/v1/session/${by}` : `${gateway}/.postern/session/${by}`;
      const { status } = await ask(`${there}?for=/notes/1`, {
        method: "POST",
        headers: at === "API" ? bearer(newest()) : { ...cookie(newest()), ...SAME_ORIGIN, origin: gateway },
      });
      if (status === 200 && by === "extend") extended += 1;
      return status === 200;
    },
  });
  const raise: Use = {
    by: "second step",
    async send() {
      const { status, text } = await register(id);
      if (status !== 200) return false;
      secrets.push((JSON.parse(text) as Registered).secret);
      return true;
    },
  };
  const honoured: Use = {
    by: "gateway, by an opt-out",
    send: () => isOpen(`${gateway}/reports/1`, cookie(newest())),
  };
  const going = usesOf(newest, "newest secret");
  const meanwhile: Readonly<Record<string, readonly Use[]>> = {
    "refresh against revoke": [raise, raise, ...going],
    "late cache fill": [...going, honoured, honoured, ...going.slice(0, 2)],
    "restart in the middle": [
      raise,
      move("extend", "gateway"),
      move("activity", "API"),
      ...going.slice(0, 2),
    ],
    "extend against revoke": [
      move("extend", "API"),
      move("extend", "gateway"),
      move("extend", "gateway"),
      move("extend", "API"),
      move("activity", "gateway"),
      ...going.slice(0, 1),
    ],
  };
  const bySubject = between(dice, 0, 1) === 1;
  return {
    uses: () => [
      ...secrets.flatMap((secret, at) =>
        usesOf(() => secret, at === secrets.length - 1 ? "newest secret" : "earlier secret"),
      ),
      ...(race === "late cache fill" ? [honoured] : []),
      ...(race === "extend against revoke"
        ? [move("activity", "API"), { ...move("extend", "gateway"), replaced: true }]
        : []),
      ...(race === "refresh against revoke" ? [raise] : []),
    ],
    meanwhile: meanwhile[race] ?? [],
    async revoke() {
      const headers = { authorization: `Bearer ${ground.admin}` };
      const { status, text } = bySubject
        ? await ask(`${control}/v1/sessions/revoke`, {
            headers,
            json: { subject: { type: "user", id: person } },
          })
        : await ask(`${control}/v1/sessions/${id}`, { method: "DELETE", headers });
      if (status !== 200) throw new Error(`expected a revocation, got ${status} ${text}`);
    },
    overstepped: () =>
      race === "extend against revoke" && extended > EXTENSIONS
        ? [`extended ${extended} times of ${EXTENSIONS}`]
        : [],
  };
}

interface Registered {
  readonly secret: string;
  readonly session: { readonly id: string };
}

const ORIGINAL = { "x-original-method": "GET", "x-original-uri": "/notes/1" };
const SAME_ORIGIN = { "sec-fetch-site": "same-origin" };

export function cookie(secret: string): OutgoingHttpHeaders {
  return { cookie: `__Host-postern=${secret}` };
}

export function bearer(secret: string): OutgoingHttpHeaders {
  return { authorization: `Bearer ${secret}` };
}
