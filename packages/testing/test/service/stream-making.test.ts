import { afterEach, describe, expect, it } from "vitest";
import { must } from "../../src/index.ts";
import { openShop, type Shop } from "./shop.ts";

let shop: Shop | null = null;
afterEach(async () => {
  await shop?.node.stop();
  shop = null;
});

const POLLED = { delivery: { method: "poll" as const }, requested: [], description: null };

describe("making and closing a stream", () => {
  it("leaves no place of a reader behind", async () => {
    const places = new Set<string>();
    shop = await openShop("", {
      store: (store) =>
        new Proxy(store, {
          get(target, name) {
            if (name === "moveCursor")
              return async (id: string, expected: number, body: string) => {
                places.add(id);
                return await target.moveCursor(id, expected, body);
              };
            if (name === "dropCursor")
              return async (id: string) => {
                places.delete(id);
                await target.dropCursor(id);
              };
            const value: unknown = Reflect.get(target, name);
            return typeof value === "function" ? value.bind(target) : value;
          },
        }),
    });
    const receiver = await shop.node.token(["ssf.manage"], undefined);
    const { streams } = shop.node.service;
    const { id } = must(await streams.create(receiver, POLLED));
    expect(places).toContain(`ssf/stream/${id}`);
    must(await streams.remove(receiver, id));
    expect(places).not.toContain(`ssf/stream/${id}`);
  });

  it("leaves no stream where it cannot be recorded", async () => {
    let broken = false;
    shop = await openShop("", {
      store: (store) =>
        new Proxy(store, {
          get(target, name) {
            if (name === "append" && broken) return () => Promise.reject(new Error("the disk is full"));
            const value: unknown = Reflect.get(target, name);
            return typeof value === "function" ? value.bind(target) : value;
          },
        }),
    });
    const receiver = await shop.node.token(["ssf.manage"], undefined);
    const { streams } = shop.node.service;
    broken = true;
    const made = await streams.create(receiver, POLLED).catch(() => null);
    broken = false;
    expect(made?.ok ?? false).toBe(false);
    expect(must(await streams.list(receiver))).toEqual([]);
  });
});
