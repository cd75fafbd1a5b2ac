import type { IncomingMessage, ServerResponse } from "node:http";
import {
  context,
  ProxyTracerProvider,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { type Answer, type Service, type Store, StoreError, type World } from "@postern/service";
import { hasScope } from "../auth/bearer.ts";
import type { App } from "../http/app.ts";
import { controlOf } from "../metrics.ts";
import { parentOf, traceparentOf } from "./parent.ts";

/** Answers one request by itself. */
type RawHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** A request at the gateway, traced. */
export interface TracedExchange {
  /** What the application is told, in place of what the client said. */
  readonly traceparent: string;
  run(go: () => void): void;
}

/**
 * OpenTelemetry spans. Names and attributes are route templates, codes and counts: never an address, a person, a
 * session or a token. Made only where the operator has registered a tracer provider; otherwise there is nothing on the
 * way of a request.
 */
export interface Traces {
  /** `authentic`: whether whoever asks may say where the span belongs. */
  raw(route: string, handle: RawHandler, authentic: (request: IncomingMessage) => boolean): RawHandler;
  api(app: App): void;
  exchange(
    request: IncomingMessage,
    closing: { once(event: "close", then: () => void): unknown },
    response: ServerResponse,
    authentic: boolean,
  ): TracedExchange;
  decisions(of: Service["decisions"]): Service["decisions"];
  store(of: Store): Store;
}

/** Null: no tracer provider is registered. It is asked once, at the start. */
export function createTraces(world: Pick<World, "wall">): Traces | null {
  const provider = trace.getTracerProvider();
  if (
    provider instanceof ProxyTracerProvider &&
    provider.getDelegate() === new ProxyTracerProvider().getDelegate()
  )
    return null;
  const tracer = trace.getTracer("postern");
  return {
    raw: (route, handle, authentic) => (request, response) => {
      const traced = exchange(tracer, route, request, response, response, authentic(request));
      traced.run(() => handle(request, response));
    },
    exchange: (request, closing, response, authentic) =>
      exchange(tracer, "gateway", request, closing, response, authentic),
    api: (app) => traceRoutes(app, tracer, world),
    decisions: (of) => ({ ...of, decide: tracedDecide(of.decide, tracer) }),
    store: (of) => tracedStore(of, tracer),
  };
}

function exchange(
  tracer: Tracer,
  route: string,
  request: IncomingMessage,
  closing: { once(event: "close", then: () => void): unknown },
  response: ServerResponse,
  authentic: boolean,
): TracedExchange {
  const parent = parentOf(request, authentic);
  const method = request.method ?? "GET";
  const span = tracer.startSpan(
    `${method} ${route}`,
    { kind: SpanKind.SERVER, attributes: { "http.request.method": method, "http.route": route } },
    parent,
  );
  closing.once("close", () => answered(span, response.statusCode));
  const within = trace.setSpan(parent, span);
  // What a body brings comes in the context of its connection, not of its request.
  context.bind(within, request);
  return { traceparent: traceparentOf(span), run: (go) => context.with(within, go) };
}

function answered(span: Span, status: number): void {
  span.setAttribute("http.response.status_code", status);
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

/** Told after the answer: only then it is known who asked, and so whose span it may be under. */
function traceRoutes(app: App, tracer: Tracer, world: Pick<World, "wall">): void {
  const began = new WeakMap<object, number>();
  app.addHook("onRequest", async (request) => {
    began.set(request, world.wall());
  });
  app.addHook("onResponse", async (request, reply) => {
    const { caller } = request;
    const authentic = caller?.kind === "token" && hasScope(caller.token, ["decide"]);
    const route = request.is404 ? "unknown" : (request.routeOptions.url ?? "unknown");
    const startTime = began.get(request) ?? world.wall();
    const span = tracer.startSpan(
      `${request.method} ${route}`,
      {
        kind: SpanKind.SERVER,
        startTime,
        attributes: { "http.request.method": request.method, "http.route": route },
      },
      parentOf(request.raw, authentic),
    );
    answered(span, reply.statusCode);
  });
}

type Decide = Service["decisions"]["decide"];

function tracedDecide(decide: Decide, tracer: Tracer): Decide {
  return (question) => {
    const outer = context.active();
    const span = tracer.startSpan("postern.decide", {}, outer);
    const told = (answer: Answer): Answer => {
      const { decision, entry } = answer;
      span.setAttributes({
        "postern.outcome": decision.outcome,
        "postern.control": controlOf(decision),
        "postern.governed": decision.governed,
        "postern.recorded": entry !== null,
      });
      span.end();
      return answer;
    };
    let answer: ReturnType<Decide>;
    try {
      answer = decide(question);
    } catch (cause) {
      failed(span, cause);
      throw cause;
    }
    if (!(answer instanceof Promise)) return told(answer);
    const record = tracer.startSpan("postern.record", {}, trace.setSpan(outer, span));
    return answer.then(
      (later) => {
        record.end();
        return told(later);
      },
      (cause: unknown) => {
        failed(record, cause);
        failed(span, cause);
        throw cause;
      },
    );
  };
}

/** The kind of an error alone: its message may quote data. */
function failed(span: Span, cause: unknown): void {
  span.setAttribute("error.type", cause instanceof StoreError ? `store.${cause.code}` : "internal");
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

/** One commit may serve many requests, so its span belongs to none of them. */
function tracedStore(store: Store, tracer: Tracer): Store {
  const timed = async <Value>(
    kind: string,
    entries: number | null,
    run: () => Promise<Value>,
  ): Promise<Value> => {
    const attributes = {
      "db.system.name": store.kind === "postgres" ? "postgresql" : "sqlite",
      "db.operation.name": kind,
      ...(entries === null ? {} : { "postern.entries": entries }),
    };
    const span = tracer.startSpan("postern.store.append", { kind: SpanKind.CLIENT, root: true, attributes });
    try {
      const value = await run();
      span.end();
      return value;
    } catch (cause) {
      failed(span, cause);
      throw cause;
    }
  };
  const traced: Pick<Store, "append" | "appendAfter"> = {
    append: (batch) => timed("append", batch.entries.length, () => store.append(batch)),
    appendAfter: (from, make) => timed("append-after", null, () => store.appendAfter(from, make)),
  };
  return new Proxy(store, {
    get(target, name) {
      if (name === "append" || name === "appendAfter") return traced[name];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
