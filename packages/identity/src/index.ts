export { passkeys } from "./factors/passkey.ts";
export { passwordHash } from "./factors/password.ts";
export { oneTimeCodes } from "./factors/totp.ts";
