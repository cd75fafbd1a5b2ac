export { passkeys } from "./factors/passkey.ts";
export { passwordHash } from "./factors/password.ts";
export { oneTimeCodes } from "./factors/totp.ts";
export { type Client, readClients } from "./provider/clients.ts";
export { type AskedByClient, type OpenidProvider, openidProvider } from "./provider/openid-provider.ts";
export type { Judgement, Page, ProviderPages, ProviderSession, ProviderSessions } from "./provider/parts.ts";
export { openidUpstream } from "./upstream/openid.ts";
export { readUpstreams, type UpstreamSettings } from "./upstream/settings.ts";
export type { Begun, Trouble, Upstream, UpstreamAim } from "./upstream/upstream.ts";
