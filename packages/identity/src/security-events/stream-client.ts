import { eventUriOf } from "@postern/core";
import type { JWTVerifyGetKey } from "jose";
import { AnswerTooLong, boundedFetch } from "../outside/bounded-fetch.ts";
import { mayBeAsked } from "../outside/reachable.ts";
import type { TransmitterSettings } from "./transmitters.ts";
import { remoteKeys } from "./verify.ts";

type Fields = Readonly<Record<string, unknown>>;

/** What a transmitter says of itself (SSF 1.0 section 7.1), as far as we use it. */
interface TransmitterConfiguration {
  readonly jwksUri: string | null;
  readonly configuration: string | null;
  readonly status: string | null;
  readonly addSubject: string | null;
  readonly removeSubject: string | null;
  readonly verification: string | null;
}

export interface StreamAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface Received {
  /** As many as fitted into one answer; less than was asked for where the tokens are long. */
  readonly most: number;
  /** The tokens by their `jti`, in the order in which they came. */
  readonly sets: readonly (readonly [jti: string, token: string])[];
  readonly moreAvailable: boolean;
}

/** One receiver's side of a stream: managing it (SSF 1.0 section 8) and polling it (RFC 8936). */
export interface StreamClient {
  /** Where its keys are, or null. */
  keys(): Promise<JWTVerifyGetKey>;
  /** Finds our stream there and brings it up to date, or makes one; answers its id and, for polling, where. */
  ensure(push: { readonly endpoint: string; readonly authorization: string | null } | null): Promise<{
    readonly id: string;
    readonly pollAt: string | null;
  }>;
  read(id: string): Promise<StreamAnswer>;
  update(id: string, fields: Fields): Promise<StreamAnswer>;
  replace(id: string, fields: Fields): Promise<StreamAnswer>;
  remove(id: string): Promise<StreamAnswer>;
  status(id: string): Promise<StreamAnswer>;
  setStatus(id: string, status: "enabled" | "paused" | "disabled", reason?: string): Promise<StreamAnswer>;
  addSubject(id: string, subject: unknown): Promise<StreamAnswer>;
  removeSubject(id: string, subject: unknown): Promise<StreamAnswer>;
  verify(id: string, state: string): Promise<StreamAnswer>;
  poll(
    at: string,
    given: {
      readonly ack: readonly string[];
      readonly setErrs: Readonly<Record<string, { readonly err: string; readonly description: string }>>;
      readonly most: number;
      readonly returnImmediately: boolean;
    },
  ): Promise<Received>;
}

const KNOWN_FOR_MS = 3_600_000;
const AFTER_FAILURE_MS = 2_000;
/** A long poll answers within half a minute; this is a little more. */
const POLL_TIMEOUT_MS = 45_000;
const PUSH = "urn:ietf:rfc:8935";
const POLL = "urn:ietf:rfc:8936";

/** RFC 8615: the well-known part comes between the host and the path of the issuer (SSF 1.0 section 7.2). */
export function configurationAddress(issuer: string): string {
  const { origin, pathname } = new URL(issuer);
  return `${origin}/.well-known/ssf-configuration${pathname === "/" ? "" : pathname.replace(/\/$/, "")}`;
}

/** @throws where the transmitter does not answer, or says of itself what cannot be used. */
export function streamClient(settings: TransmitterSettings, monotonic: () => number): StreamClient {
  const { issuer, audience, apiToken } = settings;
  let known: { readonly said: TransmitterConfiguration; readonly until: number } | null = null;
  let pending: Promise<TransmitterConfiguration> | null = null;
  let failed: { readonly until: number; readonly error: unknown } | null = null;
  let jwks: { readonly at: string; readonly keys: JWTVerifyGetKey } | null = null;

  /** DANGER: anybody's token brings us here: many at once are one request, and a failure is not tried again at once. */
  async function configuration(): Promise<TransmitterConfiguration> {
    if (known !== null && monotonic() < known.until) return known.said;
    if (pending !== null) return await pending;
    if (failed !== null && monotonic() < failed.until) throw failed.error;
    pending = readConfiguration();
    try {
      const said = await pending;
      failed = null;
      return said;
    } catch (error) {
      failed = { until: monotonic() + AFTER_FAILURE_MS, error };
      throw error;
    } finally {
      pending = null;
    }
  }

  async function readConfiguration(): Promise<TransmitterConfiguration> {
    const answer = await boundedFetch(configurationAddress(issuer), {
      headers: { accept: "application/json" },
    });
    const body: unknown = answer.ok ? await answer.json() : null;
    if (!isFields(body) || body.issuer !== issuer)
      throw new TypeError("its configuration is of another issuer");
    // DANGER: these addresses are another party's choice.
    const address = (name: string): string | null => {
      const value = body[name];
      if (value === undefined) return null;
      if (typeof value !== "string" || !mayBeAsked(value, issuer))
        throw new TypeError(`\`${name}\` is no public https address`);
      return value;
    };
    const said: TransmitterConfiguration = {
      jwksUri: address("jwks_uri"),
      configuration: address("configuration_endpoint"),
      status: address("status_endpoint"),
      addSubject: address("add_subject_endpoint"),
      removeSubject: address("remove_subject_endpoint"),
      verification: address("verification_endpoint"),
    };
    known = { said, until: monotonic() + KNOWN_FOR_MS };
    return said;
  }

  async function ask(
    method: string,
    to: (said: TransmitterConfiguration) => string | null,
    query: Readonly<Record<string, string>>,
    body?: unknown,
    timeout?: number,
  ): Promise<StreamAnswer> {
    const address = to(await configuration());
    if (address === null) throw new TypeError("it has no such endpoint");
    const url = new URL(address);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return await request(method, url.href, body, timeout);
  }

  async function request(
    method: string,
    url: string,
    body: unknown,
    timeout?: number,
  ): Promise<StreamAnswer> {
    const answer = await boundedFetch(
      url,
      {
        method,
        headers: {
          accept: "application/json",
          ...(apiToken === null ? {} : { authorization: `Bearer ${apiToken}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      },
      timeout,
    );
    const text = await answer.text();
    return { status: answer.status, body: text === "" ? null : (JSON.parse(text) as unknown) };
  }

  const expectIs = (answer: StreamAnswer, ...statuses: readonly number[]): StreamAnswer => {
    if (!statuses.includes(answer.status)) throw new TypeError(`it answered ${answer.status}`);
    return answer;
  };

  const isOurs = (one: unknown, method: string): one is Fields & { readonly delivery: Fields } =>
    isFields(one) &&
    isFields(one.delivery) &&
    one.delivery.method === method &&
    (Array.isArray(one.aud) ? one.aud : [one.aud]).includes(audience);

  /** What a transmitter keeps of the authorization it seldom tells: that is sent again. */
  async function broughtUpToDate(
    stream: Fields & { readonly delivery: Fields },
    wanted: { readonly delivery: Fields; readonly events_requested: readonly string[] },
    reaches: boolean,
  ): Promise<unknown> {
    const { events_requested: asked } = stream;
    const same =
      Array.isArray(asked) &&
      asked.length === wanted.events_requested.length &&
      wanted.events_requested.every((uri) => asked.includes(uri));
    const { authorization_header: authorization } = wanted.delivery;
    const told = authorization === stream.delivery.authorization_header;
    if (reaches && same && told) return stream;
    const answer = await ask(
      "PATCH",
      (said) => said.configuration,
      {},
      { stream_id: stream.stream_id, ...wanted },
    );
    return reaches && same && answer.status >= 400 ? stream : expectIs(answer, 200).body;
  }

  return {
    async keys() {
      const at = settings.jwksUri ?? (await configuration()).jwksUri;
      if (at === null) throw new TypeError("it publishes no keys");
      if (jwks?.at !== at) jwks = { at, keys: remoteKeys(at, monotonic) };
      return jwks.keys;
    },
    async ensure(push) {
      const events = settings.events.map(eventUriOf);
      const method = push === null ? POLL : PUSH;
      const held = expectIs(await ask("GET", (said) => said.configuration, {}), 200, 404).body;
      const listed: readonly unknown[] = Array.isArray(held) ? held : [held];
      const ours = listed.filter((one) => isOurs(one, method));
      const reaches = (one: Fields & { readonly delivery: Fields }): boolean =>
        push === null || one.delivery.endpoint_url === push.endpoint;
      // One of several that reach others may be another receiver's of the same name.
      const found = ours.find(reaches) ?? (ours.length === 1 ? ours[0] : undefined);
      const delivery =
        push === null
          ? { method }
          : {
              method,
              endpoint_url: push.endpoint,
              ...(push.authorization === null ? {} : { authorization_header: push.authorization }),
            };
      const wanted = { delivery, events_requested: events };
      const stream =
        found === undefined
          ? expectIs(await ask("POST", (said) => said.configuration, {}, wanted), 201).body
          : await broughtUpToDate(found, wanted, reaches(found));
      if (!isFields(stream) || typeof stream.stream_id !== "string" || stream.iss !== issuer)
        throw new TypeError("it answered no stream");
      if (!isOurs(stream, method) || !reaches(stream))
        throw new TypeError("the stream is for another audience");
      const place = stream.delivery.endpoint_url;
      if (push === null && (typeof place !== "string" || !mayBeAsked(place, issuer)))
        throw new TypeError("the stream has no public https address to poll");
      return { id: stream.stream_id, pollAt: push === null ? String(place) : null };
    },
    read: (id) => ask("GET", (said) => said.configuration, { stream_id: id }),
    update: (id, fields) => ask("PATCH", (said) => said.configuration, {}, { stream_id: id, ...fields }),
    replace: (id, fields) => ask("PUT", (said) => said.configuration, {}, { stream_id: id, ...fields }),
    remove: (id) => ask("DELETE", (said) => said.configuration, { stream_id: id }),
    status: (id) => ask("GET", (said) => said.status, { stream_id: id }),
    setStatus: (id, status, reason) =>
      ask(
        "POST",
        (said) => said.status,
        {},
        {
          stream_id: id,
          status,
          ...(reason === undefined ? {} : { reason }),
        },
      ),
    addSubject: (id, subject) =>
      ask("POST", (said) => said.addSubject, {}, { stream_id: id, subject, verified: true }),
    removeSubject: (id, subject) => ask("POST", (said) => said.removeSubject, {}, { stream_id: id, subject }),
    verify: (id, state) => ask("POST", (said) => said.verification, {}, { stream_id: id, state }),
    async poll(at, { ack, setErrs, most, returnImmediately }) {
      if (!mayBeAsked(at, issuer)) throw new TypeError("the address to poll is not public https");
      const told = {
        returnImmediately,
        ...(ack.length === 0 ? {} : { ack }),
        ...(Object.keys(setErrs).length === 0 ? {} : { setErrs }),
      };
      const asking = async (maxEvents: number): Promise<StreamAnswer & { readonly most: number }> => {
        try {
          const answer = await request("POST", at, { maxEvents, ...told }, POLL_TIMEOUT_MS);
          return { ...expectIs(answer, 200), most: maxEvents };
        } catch (error) {
          // What was told is told again: to acknowledge twice changes nothing (RFC 8936 section 2.4).
          if (error instanceof AnswerTooLong && maxEvents > 1) return await asking(Math.floor(maxEvents / 2));
          throw error;
        }
      };
      const { body, most: fitting } = await asking(most);
      if (!isFields(body) || !isFields(body.sets)) throw new TypeError("it answered no `sets`");
      const sets = Object.entries(body.sets).flatMap(([jti, token]): (readonly [string, string])[] =>
        typeof token === "string" ? [[jti, token]] : [],
      );
      return {
        sets: sets.slice(0, Math.max(fitting, 0)),
        moreAvailable: body.moreAvailable === true,
        most: fitting,
      };
    },
  };
}

function isFields(given: unknown): given is Fields {
  return typeof given === "object" && given !== null && !Array.isArray(given);
}
