import { AsyncLocalStorage } from "node:async_hooks";
import { randomBytes } from "node:crypto";
import { EventEmitter } from "node:events";
import {
  type Attributes,
  type Context,
  type ContextManager,
  context,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  type SpanOptions,
  type SpanStatus,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";

/** A span as an operator's collector would get it. */
export interface KeptSpan {
  readonly name: string;
  readonly context: SpanContext;
  readonly parent: SpanContext | undefined;
  readonly attributes: Attributes;
  /** Undefined: the provider's own clock. */
  readonly startTime: SpanOptions["startTime"];
  readonly events: readonly unknown[];
  status: SpanStatus;
  ended: boolean;
}

/** Registers a tracer provider of the test's own for this process, and keeps every span. */
export function keepSpans(): { readonly spans: readonly KeptSpan[]; end(): void } {
  const spans: KeptSpan[] = [];
  const tracer: Tracer = {
    startSpan(name, options = {}, within = context.active()) {
      return started(name, options, options.root === true ? ROOT_CONTEXT : within, spans);
    },
    startActiveSpan: () => {
      throw new TypeError("expected spans that are started by hand");
    },
  };
  trace.setGlobalTracerProvider({ getTracer: () => tracer });
  context.setGlobalContextManager(manager());
  return {
    spans,
    end() {
      trace.disable();
      context.disable();
    },
  };
}

function started(name: string, options: SpanOptions, within: Context, spans: KeptSpan[]): Span {
  const parent = trace.getSpanContext(within);
  const events: unknown[] = [];
  const kept: KeptSpan = {
    name,
    context: {
      traceId: parent?.traceId ?? randomBytes(16).toString("hex"),
      spanId: randomBytes(8).toString("hex"),
      traceFlags: 1,
    },
    parent,
    attributes: { ...options.attributes },
    startTime: options.startTime,
    events,
    status: { code: SpanStatusCode.UNSET },
    ended: false,
  };
  spans.push(kept);
  const attributes = kept.attributes as Record<string, unknown>;
  const span: Span = {
    spanContext: () => kept.context,
    setAttribute(key, value) {
      attributes[key] = value;
      return span;
    },
    setAttributes(more) {
      Object.assign(attributes, more);
      return span;
    },
    addEvent(...event) {
      events.push(event);
      return span;
    },
    addLink: () => span,
    addLinks: () => span,
    setStatus(status) {
      kept.status = status;
      return span;
    },
    updateName: () => span,
    end() {
      kept.ended = true;
    },
    isRecording: () => !kept.ended,
    recordException(exception) {
      events.push(String(exception));
    },
  };
  return span;
}

function manager(): ContextManager {
  const storage = new AsyncLocalStorage<Context>();
  const made: ContextManager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (within, run, self, ...given) => storage.run(within, () => run.apply(self, given)),
    bind(within, target) {
      if (!(target instanceof EventEmitter)) return target;
      const on = target.on.bind(target);
      target.on = (name, listener) =>
        on(name, (...given: unknown[]) => storage.run(within, () => listener.apply(target, given)));
      return target;
    },
    enable: () => made,
    disable: () => made,
  };
  return made;
}
