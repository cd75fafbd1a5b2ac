import type { Place } from "@postern/core";

/** Who asks, as a listener of ours sees them, past listed proxies; never what a request says of itself. */
export interface ClientSeen {
  readonly address: string;
  /** The text of `User-Agent`; null: there is none. */
  readonly agent: string | null;
}

/** What an operator's data says of an address. Each may be missing. */
export interface AddressData {
  readonly asn: string | null;
  readonly country: string | null;
  readonly place: Place | null;
}

/** The family of a browser, its system and the kind of device. Each may be missing. */
export interface AgentData {
  readonly browser: string | null;
  readonly system: string | null;
  readonly deviceKind: string | null;
}

/** Reads addresses and agents. Neither throws, and neither waits for anything. */
export interface ClientData {
  address(address: string): AddressData;
  agent(text: string): AgentData;
}
