import { milliseconds, plus, type Session } from "@postern/core";
import type { ControlClock } from "../clock/control-clock.ts";
import type { Keyring } from "../keyring/keyring.ts";
import type { ClientData } from "../ports/client-data.ts";
import type { Store } from "../ports/store.ts";
import { openBox, type RandomPool, sealBox } from "../seal/box.ts";
import type { From } from "../service.ts";
import type { SightingView } from "../views.ts";

/** As long as a session may live, and then as long as it stays on its person's page. */
const KEPT = milliseconds(120 * 24 * 3_600_000);
const LONGEST_AGENT = 512;

/** What was seen of a browser and its network when a session began there. */
export interface Sightings {
  /** Not waited for: without it, a page says less. The address itself is not kept. */
  note(session: Session, from: From): Promise<void>;
  of(session: Session): Promise<SightingView | null>;
  /** The same words for whoever asks now. */
  here(from: From): SightingView;
}

/** In working state under the person's key: with the key, it is gone. */
export function sightings(parts: {
  readonly store: Pick<Store, "artifacts">;
  readonly keys: Pick<Keyring, "get">;
  readonly pool: RandomPool;
  readonly clock: Pick<ControlClock, "now">;
  readonly data: ClientData | null;
}): Sightings {
  const { store, keys, pool, clock, data } = parts;
  const nameOf = ({ id }: Session): string => `sighting/${id}`;
  const here = ({ client, network }: From): SightingView => {
    const agent = client?.agent?.slice(0, LONGEST_AGENT) ?? null;
    const { browser, system, deviceKind } = (agent === null ? null : data?.agent(agent)) ?? NOTHING;
    const country = (client === null ? null : data?.address(client.address).country) ?? null;
    return { browser, system, deviceKind, country, network };
  };
  return {
    here,
    async note(session, from) {
      const key = keys.get(session.subject);
      if (key === null) return;
      const id = nameOf(session);
      const box = sealBox(key, Buffer.from(JSON.stringify(here(from)), "utf8"), id, pool);
      try {
        await store.artifacts.put({
          id,
          grant: null,
          uid: null,
          box,
          until: plus(clock.now().latest, KEPT),
        });
      } catch {
        // The page says that it is not known.
      }
    },
    async of(session) {
      const key = keys.get(session.subject);
      if (key === null) return null;
      try {
        const found = await store.artifacts.get(nameOf(session));
        const plain = found === null ? null : openBox(key, found.box, nameOf(session));
        return plain === null ? null : readSighting(JSON.parse(Buffer.from(plain).toString("utf8")));
      } catch {
        return null;
      }
    },
  };
}

const NOTHING = { browser: null, system: null, deviceKind: null } as const;

function readSighting(value: unknown): SightingView | null {
  if (typeof value !== "object" || value === null) return null;
  const said: Readonly<Record<string, unknown>> = { ...value };
  const text = (name: keyof SightingView): string | null => {
    const one = said[name];
    return typeof one === "string" ? one : null;
  };
  return {
    browser: text("browser"),
    system: text("system"),
    deviceKind: text("deviceKind"),
    country: text("country"),
    network: text("network"),
  };
}
