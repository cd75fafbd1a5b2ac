import type { FastifyReply, FastifyRequest } from "fastify";
import type { AskedBy } from "../asked-by.ts";
import type { Attempts } from "../attempts.ts";
import type { Page } from "../layout.ts";
import type { Sessions } from "../sessions.ts";
import type { ShopStore } from "../store.ts";

/** What the pages of the shop are made with. */
export interface Shop {
  readonly store: ShopStore;
  readonly sessions: Sessions;
  readonly attempts: Attempts;
  readonly signIn: "postern" | "own";
  readonly now: () => number;
  /** Who asks, as Postern has signed it. Known for every request that reaches a page. */
  by(request: FastifyRequest): AskedBy;
  show(request: FastifyRequest, reply: FastifyReply, page: Page): FastifyReply;
}

/** The fields of a form, each once and as text. */
export function field(request: FastifyRequest, name: string, longest: number): string {
  const value = request.body instanceof URLSearchParams ? (request.body.get(name) ?? "") : "";
  return value.trim().slice(0, longest);
}

export function query(request: FastifyRequest, name: string): string | null {
  const start = request.url.indexOf("?");
  return start < 0 ? null : new URLSearchParams(request.url.slice(start)).get(name);
}

export function seeOther(reply: FastifyReply, path: string): FastifyReply {
  return reply.code(303).header("location", path).send();
}
