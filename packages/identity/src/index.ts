export { deviceProofs } from "./devices/device-proof.ts";
export { passkeys } from "./factors/passkey.ts";
export { passwordHash } from "./factors/password.ts";
export { oneTimeCodes } from "./factors/totp.ts";
export { type Client, readClients } from "./provider/clients.ts";
export { type AskedByClient, type OpenidProvider, openidProvider } from "./provider/openid-provider.ts";
export type { Page, ProviderPages, ProviderSession, ProviderSessions } from "./provider/parts.ts";
