import { isIP } from "node:net";
import { resolve } from "node:path";
import { accept, type Duration, parseDuration, type Result, refuse } from "@postern/core";
import { LOG_LEVELS, type LogLevel } from "../log.ts";
import { isAddress } from "../notices/mail.ts";
import { isThisMachine } from "../this-machine.ts";
import { parseProxy } from "../trusted-proxies.ts";
import { readWitnesses } from "../witness/address.ts";
import type { ServeMode } from "./mode.ts";

/** Reads one setting from text. The refusal says what was expected and never repeats a secret. */
export type Reader<Value> = (text: string) => Result<Value, string>;

export const mode: Reader<ServeMode> = (text) =>
  text === "development" || text === "production"
    ? accept(text)
    : refuse(`expected \`development\` or \`production\`, got \`${text}\``);

export const port: Reader<number> = (text) =>
  /^\d{1,5}$/.test(text) && Number(text) <= 65_535
    ? accept(Number(text))
    : refuse(`expected a port from 0 to 65535, got \`${text}\``);

/** At most 4 MiB: a form is held in memory as a whole. */
export const formSize: Reader<number> = (text) =>
  /^\d{1,7}$/.test(text) && Number(text) <= 4_194_304
    ? accept(Number(text))
    : refuse(`expected bytes from 0 to 4194304, got \`${text}\``);

export const hostName: Reader<string> = (text) =>
  isIP(text) !== 0 || /^[A-Za-z0-9.-]{1,253}$/.test(text)
    ? accept(text)
    : refuse(`expected an address or host name, got \`${text}\``);

/** An http or https origin, without path, query or credentials. */
export const url: Reader<string> = (text) => {
  const read = URL.canParse(text) ? new URL(text) : null;
  const plain =
    read !== null &&
    (read.protocol === "http:" || read.protocol === "https:") &&
    read.pathname === "/" &&
    read.search === "" &&
    read.hash === "" &&
    read.username === "" &&
    read.password === "";
  return plain ? accept(read.origin) : refuse("expected an origin such as `https://postern.example`");
};

/** An address as a resource server is named by (RFC 8707 section 2). */
export const resource: Reader<string> = (text) =>
  URL.canParse(text) && !text.includes("#")
    ? accept(text)
    : refuse(`expected an address such as \`https://orders.example\`, got \`${text}\``);

export const path: Reader<string> = (text) =>
  text === "" || text.includes("\0") ? refuse("expected a path, got nothing") : accept(resolve(text));

export const paths: Reader<readonly string[]> = (text) => {
  const names = text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  return names.some((name) => name.includes("\0"))
    ? refuse("expected paths, separated by commas")
    : accept(names.map((name) => resolve(name)));
};

export const bool: Reader<boolean> = (text) =>
  text === "true" || text === "false"
    ? accept(text === "true")
    : refuse(`expected \`true\` or \`false\`, got \`${text}\``);

export const logLevel: Reader<LogLevel> = (text) => {
  const found = LOG_LEVELS.find((level) => level === text);
  return found === undefined
    ? refuse(`expected one of ${LOG_LEVELS.join(", ")}, got \`${text}\``)
    : accept(found);
};

export const proxies: Reader<readonly string[]> = (text) => {
  const names = text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  for (const name of names) {
    const read = parseProxy(name);
    if (!read.ok) return read;
  }
  return accept(names);
};

/** `<vkey> <address>`, separated by commas. */
export const witnesses: Reader<readonly string[]> = (text) => {
  const lines = text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  const read = readWitnesses(lines);
  return read.ok ? accept(lines) : read;
};

export const origin: Reader<string> = (text) =>
  /^[A-Za-z0-9][A-Za-z0-9.\-/]{2,200}$/.test(text)
    ? accept(text)
    : refuse(`expected a name such as \`postern.example/ledger\`, got \`${text}\``);

export const secret: Reader<string> = (text) =>
  text === "" ? refuse("expected a value, got nothing") : accept(text);

/** 32 bytes as 64 hexadecimal digits or as base64 (either alphabet). */
export const secretKey: Reader<Uint8Array> = (text) => {
  const trimmed = text.trim();
  const bytes = /^[0-9A-Fa-f]{64}$/.test(trimmed)
    ? Buffer.from(trimmed, "hex")
    : /^[A-Za-z0-9+/_-]{43}=?$/.test(trimmed)
      ? Buffer.from(trimmed, "base64")
      : Buffer.alloc(0);
  return bytes.length === 32
    ? accept(new Uint8Array(bytes))
    : refuse("expected 32 bytes, as 64 hexadecimal digits or 44 characters of base64");
};

export const smtpUrl: Reader<string> = (text) => {
  const read = URL.canParse(text) ? new URL(text) : null;
  const known = read !== null && ["smtp:", "smtps:"].includes(read.protocol) && read.hostname !== "";
  if (!known) return refuse("expected `smtp://` or `smtps://` and a host");
  // Any other would set an option of the transport, such as that it does without TLS.
  const other = [...read.searchParams.keys()].find((name) => !name.startsWith("tls."));
  return other === undefined
    ? accept(text)
    : refuse(`expected no parameters but those of \`tls.\`, got \`${other}\``);
};

export const mailAddress: Reader<string> = (text) =>
  isAddress(text) ? accept(text) : refuse(`expected one mail address, got \`${text}\``);

export const attributeName: Reader<string> = (text) =>
  /^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(text)
    ? accept(text)
    : refuse(`expected the name of an attribute, got \`${text}\``);

/** https, or plain http to this very machine; without credentials. */
export const webhookUrl: Reader<string> = (text) => {
  const read = URL.canParse(text) ? new URL(text) : null;
  const here = read !== null && isThisMachine(read.hostname);
  const safe = read?.protocol === "https:" || (read?.protocol === "http:" && here);
  return read !== null && safe && read.username === "" && read.password === ""
    ? accept(read.href)
    : refuse("expected an https URL without credentials (http only to this machine)");
};

export const webhookSecret: Reader<string> = (text) => {
  const bytes = /^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/.test(text)
    ? Buffer.from(text.slice(6), "base64").length
    : 0;
  return bytes >= 24 && bytes <= 64 ? accept(text) : refuse("expected `whsec_` and 24 to 64 bytes in base64");
};

export const duration: Reader<Duration> = (text) => {
  const read = parseDuration(text);
  return read.ok && read.value > 0
    ? accept(read.value)
    : refuse(`expected a span such as \`P14D\`, got \`${text}\``);
};
