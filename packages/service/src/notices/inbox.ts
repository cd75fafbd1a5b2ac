import type { EntityRef } from "@postern/core";
import type { AccountMessage, NoticeChannel, NoticeMessage, OptOutMessage } from "../ports/notice-channel.ts";
import type { Store } from "../ports/store.ts";

/** A message in a person's inbox. References and instants only: names are put in when it is shown. */
export type InboxItem = { readonly read: boolean } & (
  | (Pick<
      OptOutMessage,
      "id" | "kind" | "at" | "optOut" | "control" | "resources" | "until" | "cause" | "holderRef"
    > & { readonly as: "holder" | "owner" })
  | Pick<AccountMessage, "id" | "kind" | "at" | "entry">
);

/** The newest that a person's inbox keeps. */
const MOST_KEPT = 200;

/** Inboxes are working state: losing one loses messages, never an opt-out. */
export interface Inboxes {
  readonly channel: NoticeChannel;
  of(ref: EntityRef): Promise<readonly InboxItem[]>;
  /** Marks one, or all (null), as read. False: there is no such message in this inbox. */
  markRead(ref: EntityRef, id: string | null): Promise<boolean>;
}

export function inboxes(store: Store): Inboxes {
  async function change(
    ref: EntityRef,
    edit: (items: readonly InboxItem[]) => readonly InboxItem[] | null,
  ): Promise<boolean> {
    for (;;) {
      const cursor = await store.cursor(placeOf(ref));
      const items = cursor === null ? [] : (JSON.parse(cursor.body) as readonly InboxItem[]);
      const next = edit(items);
      if (next === null) return false;
      if (next === items) return true;
      const body = JSON.stringify(next);
      // Somebody else changed it meanwhile: what they did stays.
      if (await store.moveCursor(placeOf(ref), cursor?.version ?? 0, body)) return true;
    }
  }

  return {
    channel: {
      name: "inbox",
      each: true,
      async send(message) {
        const { to } = message;
        if (to === null || !to.ref.startsWith("sub_")) return { kind: "delivered" };
        await change(to.ref, (items) =>
          items.some(({ id }) => id === message.id)
            ? items
            : [itemOf(message, to.as), ...items].slice(0, MOST_KEPT),
        );
        return { kind: "delivered" };
      },
    },
    async of(ref) {
      const cursor = await store.cursor(placeOf(ref));
      return cursor === null ? [] : (JSON.parse(cursor.body) as readonly InboxItem[]);
    },
    markRead: (ref, id) =>
      change(ref, (items) => {
        if (id !== null && !items.some((item) => item.id === id)) return null;
        const unread = items.some((item) => !item.read && (id === null || item.id === id));
        return unread
          ? items.map((item) => (id === null || item.id === id ? { ...item, read: true } : item))
          : items;
      }),
  };
}

function placeOf(ref: EntityRef): string {
  return `inbox/${ref}`;
}

function itemOf(message: NoticeMessage, as: "holder" | "owner"): InboxItem {
  if (message.kind === "recovered") {
    const { id, kind, at, entry } = message;
    return { id, kind, at, entry, read: false };
  }
  const { id, kind, at, optOut, control, resources, until, cause, holderRef } = message;
  return { id, kind, at, optOut, control, resources, until, cause, holderRef, as, read: false };
}
