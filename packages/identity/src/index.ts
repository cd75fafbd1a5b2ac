export { deviceProofs } from "./devices/device-proof.ts";
export { passkeys } from "./factors/passkey.ts";
export { passwordHash } from "./factors/password.ts";
export { oneTimeCodes } from "./factors/totp.ts";
export { boundedFetch } from "./outside/bounded-fetch.ts";
export { mayBeAsked } from "./outside/reachable.ts";
export { type AccessToken, accessToken, opaqueToken } from "./provider/access-token.ts";
export { type Client, readClients } from "./provider/clients.ts";
export { type AskedByClient, type OpenidProvider, openidProvider } from "./provider/openid-provider.ts";
export { operatorsToken } from "./provider/operators.ts";
export type { Judgement, Page, ProviderPages, ProviderSession, ProviderSessions } from "./provider/parts.ts";
export { signSecurityEvent } from "./security-events/sign.ts";
export {
  type Received,
  type StreamAnswer,
  type StreamClient,
  streamClient,
} from "./security-events/stream-client.ts";
export { readTransmitters, type TransmitterSettings } from "./security-events/transmitters.ts";
export {
  issuerOf,
  KeysSeenLately,
  type ReadJson,
  remoteKeys,
  SET_ALGORITHMS,
  type SetVerifier,
  setVerifier,
} from "./security-events/verify.ts";
export { openidUpstream } from "./upstream/openid.ts";
export { readUpstreams, type UpstreamSettings } from "./upstream/settings.ts";
export type { Begun, Trouble, Upstream, UpstreamAim } from "./upstream/upstream.ts";
