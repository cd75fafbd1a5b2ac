import type { Artifacts } from "../ports/artifacts.ts";
import type { RandomPool } from "../seal/box.ts";

/** Who may go on with a parked form: one session, or one browser in which nobody was signed in. */
export type FormHolder =
  | { readonly kind: "session"; readonly id: string }
  /** The SHA-256 of a secret that this browser alone has. */
  | { readonly kind: "browser"; readonly challenge: string };

/** A form as it was sent, kept until whoever sent it has met what was asked for. */
export interface ParkedForm {
  /** Canonical, with the query as it came. */
  readonly path: string;
  readonly contentType: string;
  readonly body: Uint8Array;
  /** What the browser said of where it comes from, word for word: the application may look at it. */
  readonly origin: string | null;
  readonly referer: string | null;
}

export interface ParkedFormView {
  readonly form: ParkedForm;
  readonly holder: FormHolder;
  /** Epoch milliseconds, by control-plane time. */
  readonly parkedAt: number;
}

/**
 * Working state, sealed under a key of its own. Every look and every act names who asks: what another parked is not
 * there. Losing one only means that somebody fills in a form again, and is told so.
 */
export interface ParkedForms {
  /** Null: this holder has as many as may wait at once. */
  park(holder: FormHolder, form: ParkedForm): Promise<string | null>;
  find(id: string, asking: readonly FormHolder[]): Promise<ParkedFormView | null>;
  /** Uses it up: one caller alone gets it, on all nodes together. */
  take(id: string, asking: readonly FormHolder[]): Promise<ParkedForm | null>;
  /** Whoever knows the id may only destroy. True for the one that removed it. */
  discard(id: string): Promise<boolean>;
}

const KIND = "parked-form";
/** How long a form waits, in seconds. */
export const PARKED_SECONDS = 600;
/** How many may wait for one holder at once. */
const MOST = 8;

interface Kept {
  readonly holder: FormHolder;
  readonly parkedAt: number;
  readonly path: string;
  readonly contentType: string;
  /** Base64. */
  readonly body: string;
  readonly origin: string | null;
  readonly referer: string | null;
}

export function parkedForms(parts: {
  /** Over a key that serves nothing else. */
  readonly artifacts: Artifacts;
  readonly clock: { now(): { readonly latest: number } };
  readonly pool: RandomPool;
}): ParkedForms {
  const { artifacts, clock, pool } = parts;
  /** Being written: they count already. */
  const begun = new Map<string, number>();
  const nameOf = (holder: FormHolder): string =>
    holder.kind === "session" ? `session ${holder.id}` : `browser ${holder.challenge}`;

  async function find(id: string, asking: readonly FormHolder[]): Promise<ParkedFormView | null> {
    const found = await artifacts.get(KIND, id);
    if (found === null || found.consumedAt !== null) return null;
    const { holder, parkedAt, body, ...form } = found.payload as Kept;
    const mine = nameOf(holder);
    if (!asking.some((one) => nameOf(one) === mine)) return null;
    return { holder, parkedAt, form: { ...form, body: Buffer.from(body, "base64") } };
  }

  return {
    async park(holder, { body, ...form }) {
      const uid = nameOf(holder);
      const writing = (begun.get(uid) ?? 0) + 1;
      begun.set(uid, writing);
      try {
        const waiting = (await artifacts.byUid(KIND, uid)).filter(({ consumedAt }) => consumedAt === null);
        if (waiting.length + (begun.get(uid) ?? 0) > MOST) return null;
        const id = Buffer.from(pool.take(32)).toString("base64url");
        const payload: Kept = {
          ...form,
          holder,
          parkedAt: clock.now().latest,
          body: Buffer.from(body).toString("base64"),
        };
        await artifacts.put(KIND, id, { payload, grant: null, uid, seconds: PARKED_SECONDS });
        return id;
      } finally {
        const left = (begun.get(uid) ?? 1) - 1;
        if (left === 0) begun.delete(uid);
        else begun.set(uid, left);
      }
    },
    find,
    async take(id, asking) {
      const found = await find(id, asking);
      if (found === null || !(await artifacts.consume(KIND, id))) return null;
      await artifacts.destroy(KIND, id);
      return found.form;
    },
    discard: (id) => artifacts.destroy(KIND, id),
  };
}
