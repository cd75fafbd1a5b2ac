import type { Policy } from "@postern/core";
import { formatInstant, refuse } from "@postern/core";
import { needScope } from "../access.ts";
import { personOf } from "../caller.ts";
import type { ControlClock } from "../clock/control-clock.ts";
import type { Doubts } from "../node/doubt.ts";
import type { NoticeChannel, NoticeMessage } from "../ports/notice-channel.ts";
import { problem } from "../problem.ts";
import type { Writer } from "../record/writer.ts";
import type { NoticeService } from "../service.ts";
import type { InboxView } from "../views.ts";
import { type InboxItem, inboxes } from "./inbox.ts";
import { accountOf, recipientsOf } from "./recipients.ts";
import { type TellerParts, teller } from "./teller.ts";

/** What leads out of Postern, and for how long it is tried. */
export interface NoticeOptions {
  readonly channels: readonly NoticeChannel[];
  /** The attribute of subjects and teams that holds an address; null: none does. */
  readonly addressIn: string | null;
  /** Milliseconds. */
  readonly giveUpAfter: number;
  /** Told when a channel fails, works again, or a message is given up; never anything personal. */
  readonly told: (detail: string) => void;
}

const NO_CHANNELS: NoticeOptions = {
  channels: [],
  addressIn: null,
  giveUpAfter: 14 * 86_400_000,
  told: () => {},
};

export function noticeService(
  parts: Pick<TellerParts, "world" | "store" | "state" | "directory" | "size" | "node" | "words"> & {
    readonly clock: ControlClock;
    readonly doubts: Doubts;
    readonly writer: Writer;
    readonly policy: () => Policy;
    readonly subjectTypes: ReadonlySet<string>;
    readonly options: NoticeOptions | undefined;
  },
): NoticeService & { readonly look: () => Promise<void>; readonly leave: () => Promise<void> } {
  const { clock, doubts, writer, directory, subjectTypes } = parts;
  const { channels, addressIn, giveUpAfter, told } = parts.options ?? NO_CHANNELS;
  const own = inboxes(parts.store);

  /** Said in the record too: that somebody was not told is itself something that happened. */
  async function onGivenUp(channel: string, message: NoticeMessage): Promise<void> {
    const optOut = message.kind === "recovered" ? null : message.optOut;
    told(`a notice by ${channel} was given up: ${message.kind} of ${optOut ?? "an account"}`);
    await writer.submit({
      by: null,
      touches: [],
      run: () => ({
        ok: true,
        value: {
          events: [
            {
              by: { person: null, via: "system" },
              event: {
                type: "notice.given-up",
                channel,
                message: message.id,
                optOut,
                notice: message.kind,
              },
            },
          ],
          done: () => null,
        },
      }),
    });
  }

  const tellers = [own.channel, ...channels].map((channel) =>
    teller(channel, {
      ...parts,
      giveUpAfter,
      onGivenUp,
      now: () => (doubts.current() === null ? clock.now().latest : null),
      person: (ref) => accountOf(ref, { directory, addressIn }),
      recipients: (optOut) =>
        recipientsOf(optOut, { directory, policy: parts.policy(), subjectTypes, addressIn }),
      onTrouble: (channel, why) =>
        told(
          why === null ? `notices by ${channel} arrive again` : `notices by ${channel} do not arrive: ${why}`,
        ),
    }),
  );

  return {
    async look() {
      const looked = await Promise.allSettled(tellers.map((one) => one.look()));
      const failed = looked.find((one) => one.status === "rejected");
      if (failed !== undefined) throw failed.reason;
    },
    async leave() {
      await Promise.allSettled(tellers.map((one) => one.leave()));
    },
    async inbox(caller) {
      const person = personOf(caller);
      if (caller.kind !== "session" || person === null)
        return refuse(problem("caller.scope", "an inbox is read by its person, in a session of their own"));
      const view = async (item: InboxItem): Promise<InboxView> => {
        if (item.kind === "recovered") {
          const { id, kind, at, entry, read } = item;
          return { id, kind, at: formatInstant(at), from: await parts.words.of(entry, "from"), read };
        }
        const { at, until, holderRef, ...rest } = item;
        return {
          ...rest,
          at: formatInstant(at),
          until: formatInstant(until),
          holder: holderRef === null ? null : directory.name(holderRef),
        };
      };
      return { ok: true, value: await Promise.all((await own.of(person)).map(view)) };
    },
    async markRead(caller, id) {
      const person = personOf(caller);
      if (caller.kind !== "session" || person === null)
        return refuse(problem("caller.scope", "an inbox is read by its person, in a session of their own"));
      return (await own.markRead(person, id))
        ? { ok: true, value: null }
        : refuse(problem("not_found", "there is no such message"));
    },
    async channels(caller) {
      const allowed = needScope(caller, "admin");
      if (!allowed.ok) return allowed;
      const views = await Promise.all(
        tellers.map(async (one) => {
          const place = await one.place();
          return {
            channel: one.channel,
            behind: Math.max(parts.size() - (place?.entry ?? parts.size()), 0),
            toldUntil: place === null ? null : formatInstant(place.time),
            failingSince:
              place === null || place.failingSince === null ? null : formatInstant(place.failingSince),
            attempts: place?.attempts ?? 0,
            nextAt: place === null || place.attempts === 0 ? null : formatInstant(place.nextAt),
            why: place?.why ?? null,
            givenUp: place?.givenUp ?? 0,
          };
        }),
      );
      return { ok: true, value: views };
    },
  };
}
