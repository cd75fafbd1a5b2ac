import type { IncomingMessage, ServerResponse } from "node:http";
import type { DecisionView, Service, World } from "@postern/service";
import { tokenOf } from "../auth/bearer.ts";

const HEARTBEAT = 15_000;
const MOST_STREAMS = 32;
/** Events kept for a reader that is slower than the decisions are made. */
const MOST_WAITING = 256;

/** The live stream of this node's decisions. `close` ends every reader. */
export interface DecisionStream {
  readonly service: Pick<Service, "decisions" | "tokens">;
  readonly world: Pick<World, "after">;
  readonly open: Set<() => void>;
  close(): void;
}

export function createDecisionStream(service: Service, world: World): DecisionStream {
  const open = new Set<() => void>();
  return {
    service,
    world,
    open,
    close(): void {
      for (const end of open) end();
    },
  };
}

/**
 * Writes decisions as server-sent events until the reader leaves, its token ends or the node stops. A slow reader loses
 * events, is told how many (`gap`), and never makes the node keep more. False: too many readers already.
 */
export function openStream(
  { service, world, open }: DecisionStream,
  request: IncomingMessage,
  response: ServerResponse,
  take: () => void,
  mayTell: (decision: DecisionView) => boolean = () => true,
  /** Whether the reader may still read: a token is asked about between events, an operator at each of them. */
  still: (() => boolean) | null = null,
): boolean {
  if (open.size >= MOST_STREAMS) return false;
  take();
  response.writeHead(200, {
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
    connection: "keep-alive",
  });
  response.write(": decisions of this node\n\n");

  const waiting: string[] = [];
  let dropped = 0;
  let full = false;
  const write = (text: string): void => {
    full = !response.write(text);
  };
  const flush = (): void => {
    full = false;
    while (!full && waiting.length > 0) write(waiting.shift() ?? "");
    if (!full && dropped > 0) {
      write(`event: gap\ndata: ${JSON.stringify({ missed: dropped })}\n\n`);
      dropped = 0;
    }
  };
  const watch = (decision: DecisionView): void => {
    if (still !== null && !still()) {
      end();
      return;
    }
    if (!mayTell(decision)) return;
    const text = `event: decision\nid: ${decision.id}\ndata: ${JSON.stringify(decision)}\n\n`;
    if (!full) write(text);
    else if (dropped === 0 && waiting.length < MOST_WAITING) waiting.push(text);
    else dropped += 1;
  };
  const stopWatching = service.decisions.watch(watch);
  let stopBeating = (): void => undefined;
  const end = (): void => {
    open.delete(end);
    stopWatching();
    stopBeating();
    response.end();
  };
  const beat = (): void => {
    // A revoked token stops seeing what it was shown while it lived.
    if (still === null ? tokenOf(request, service) === null : !still()) {
      end();
      return;
    }
    if (!full) write(": still here\n\n");
    stopBeating = world.after(HEARTBEAT, beat);
  };
  stopBeating = world.after(HEARTBEAT, beat);
  open.add(end);
  response.on("drain", flush);
  response.on("close", end);
  return true;
}
