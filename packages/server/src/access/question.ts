import { accept, type EntityName, isAction, isEntityName, type Result, refuse } from "@postern/core";
import { type ClientSeen, type Problem, problem, type Question, type Service } from "@postern/service";
import { networkOf, plainAddress } from "../gateway/client.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The subject type of someone whom nobody has named: the audience of anonymous opt-outs. Its id is not used. */
const VISITOR_TYPE = "anonymous";

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Reads one evaluation (AuthZEN Authorization API 1.0, section 6.1) into a question. Unknown members are let be, as
 * the standard says; those of `context.postern` are ours and are refused.
 */
export function questionOf(
  body: Fields,
  sessions: Service["sessions"],
  askedBy: string,
): Result<Question, Problem> {
  const subject = entity(body.subject, "subject");
  if (!subject.ok) return subject;
  const resource = entity(body.resource, "resource");
  if (!resource.ok) return resource;
  const action = actionOf(body.action);
  if (!action.ok) return action;
  const context = contextOf(body.context);
  if (!context.ok) return context;
  const { attributes, session, delegated, network, client, active } = context.value;
  return accept({
    subject: subject.value.type === VISITOR_TYPE ? null : subject.value,
    action: action.value,
    resource: resource.value,
    ...(attributes === undefined ? {} : { context: attributes }),
    session: session === null ? null : sessions.byId(session),
    delegated,
    active,
    network,
    ...(client === null ? {} : { client }),
    visit: null,
    askedBy,
  });
}

function malformed(pointer: string, detail: string): { readonly ok: false; readonly refusal: Problem } {
  return refuse(problem("request.malformed", `${pointer.slice(2)}: ${detail}`, [{ pointer, detail }]));
}

function entity(value: unknown, name: string): Result<EntityName & { properties?: unknown }, Problem> {
  if (!isFields(value)) return malformed(`#/${name}`, `expected an object, got ${kindOf(value)}`);
  const { type, id, properties } = value;
  if (typeof type !== "string") return malformed(`#/${name}/type`, `expected text, got ${kindOf(type)}`);
  if (typeof id !== "string") return malformed(`#/${name}/id`, `expected text, got ${kindOf(id)}`);
  // A route's id is a raw path, made canonical where it is decided; what cannot be is challenged there.
  if (!isEntityName({ type, id }) && !(type === "route" && id !== "")) {
    return malformed(`#/${name}`, "expected a lower-case type and an id of 1 to 512 characters");
  }
  if (properties === undefined) return accept({ type, id });
  return isFields(properties)
    ? accept({ type, id, properties })
    : malformed(`#/${name}/properties`, `expected an object, got ${kindOf(properties)}`);
}

function actionOf(value: unknown): Result<{ name: string; properties?: unknown }, Problem> {
  if (!isFields(value)) return malformed("#/action", `expected an object, got ${kindOf(value)}`);
  const { name, properties } = value;
  if (typeof name !== "string") return malformed("#/action/name", `expected text, got ${kindOf(name)}`);
  if (!isAction(name)) return malformed("#/action/name", "expected the name of an action");
  if (properties === undefined) return accept({ name });
  return isFields(properties)
    ? accept({ name, properties })
    : malformed("#/action/properties", `expected an object, got ${kindOf(properties)}`);
}

interface Context {
  readonly attributes: Fields | undefined;
  readonly session: string | null;
  readonly delegated: boolean;
  readonly network: string | null;
  readonly client: ClientSeen | null;
  readonly active: boolean;
}

const NOTHING: Context = {
  attributes: undefined,
  session: null,
  delegated: false,
  network: null,
  client: null,
  active: false,
};
const OURS: ReadonlySet<string> = new Set(["session", "delegated", "network", "from", "active"]);
const LONGEST_AGENT = 2_048;

function contextOf(value: unknown): Result<Context, Problem> {
  if (value === undefined) return accept(NOTHING);
  if (!isFields(value)) return malformed("#/context", `expected an object, got ${kindOf(value)}`);
  const { postern, ...attributes } = value;
  if (postern === undefined) return accept({ ...NOTHING, attributes: value });
  if (!isFields(postern)) return malformed("#/context/postern", `expected an object, got ${kindOf(postern)}`);
  // A mistyped `delegated` that was let be would honour what it must not.
  const unknown = Object.keys(postern).find((key) => !OURS.has(key));
  if (unknown !== undefined) {
    return malformed(
      `#/context/postern/${pointerPart(unknown)}`,
      "expected `session`, `delegated`, `network`, `from` or `active`",
    );
  }
  const { session = null, delegated = false, network = null, active = false } = postern;
  if (session !== null && typeof session !== "string") {
    return malformed("#/context/postern/session", `expected text, got ${kindOf(session)}`);
  }
  if (typeof delegated !== "boolean") {
    return malformed("#/context/postern/delegated", `expected a truth value, got ${kindOf(delegated)}`);
  }
  if (typeof active !== "boolean") {
    return malformed("#/context/postern/active", `expected a truth value, got ${kindOf(active)}`);
  }
  if (network !== null && (typeof network !== "string" || network.length > 64)) {
    return malformed("#/context/postern/network", `expected an address, got ${kindOf(network)}`);
  }
  const client = clientOf(postern.from);
  if (!client.ok) return client;
  const around = network ?? (client.value === null ? null : networkOf(client.value.address));
  return accept({ attributes, session, delegated, network: around, client: client.value, active });
}

/** Where the person's own request came from. Whose word it is was authenticated; nothing of it says how risky it is. */
function clientOf(value: unknown): Result<ClientSeen | null, Problem> {
  const at = "#/context/postern/from";
  if (value === undefined || value === null) return accept(null);
  if (!isFields(value)) return malformed(at, `expected an object, got ${kindOf(value)}`);
  const unknown = Object.keys(value).find((key) => key !== "address" && key !== "agent");
  if (unknown !== undefined)
    return malformed(`${at}/${pointerPart(unknown)}`, "expected `address` or `agent`");
  const address = typeof value.address === "string" ? plainAddress(value.address) : null;
  if (address === null) return malformed(`${at}/address`, "expected an IPv4 or IPv6 address");
  const { agent = null } = value;
  if (agent !== null && (typeof agent !== "string" || agent.length > LONGEST_AGENT)) {
    const detail = `expected the text of \`User-Agent\`, at most ${LONGEST_AGENT} characters`;
    return malformed(`${at}/agent`, detail);
  }
  return accept({ address, agent });
}

function pointerPart(name: string): string {
  return name.slice(0, 60).replaceAll("~", "~0").replaceAll("/", "~1");
}

export function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  switch (typeof value) {
    case "string":
      return "text";
    case "number":
      return "a number";
    case "boolean":
      return "a truth value";
    default:
      return "an object";
  }
}
