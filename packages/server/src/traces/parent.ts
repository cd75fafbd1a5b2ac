import type { IncomingMessage } from "node:http";
import {
  type Context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  trace,
} from "@opentelemetry/api";

/** W3C Trace Context, section 3.2: version, trace, parent and flags; later versions may add to it. */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** The span that the caller is in; null: it names none that can be read. */
export function parseTraceparent(header: string | readonly string[] | undefined): SpanContext | null {
  if (typeof header !== "string" || header.length > 256) return null;
  const [, version, traceId = "", spanId = "", flags = "", more] = TRACEPARENT.exec(header) ?? [];
  if (version === undefined || (version === "00" && more !== undefined)) return null;
  const read: SpanContext = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & 1,
    isRemote: true,
  };
  return isSpanContextValid(read) ? read : null;
}

/**
 * Where a request's span belongs. Only an enforcement point that has proved who it is may place it: anyone else could
 * write into other people's traces.
 */
export function parentOf(request: IncomingMessage, authentic: boolean): Context {
  const parent = authentic ? parseTraceparent(request.headers.traceparent) : null;
  return parent === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
}

export function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-0${traceFlags & 1}`;
}
