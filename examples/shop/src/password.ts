import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";

/** 32 MiB and about a tenth of a second per try: RFC 7914 with N = 2^15, r = 8, p = 1. */
const COST = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 } as const;
const LENGTH = 32;

function derive(password: string, salt: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize("NFC"), salt, LENGTH, COST, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}

/** `scrypt$<salt>$<key>`, both base64url. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt);
  return `scrypt$${salt.toString("base64url")}$${key.toString("base64url")}`;
}

/** With `null` (nobody of that name) it takes as long and answers false. */
export async function passwordMatches(password: string, hash: string | null): Promise<boolean> {
  const [, salt = "", key = ""] = (hash ?? "").split("$");
  const wanted = Buffer.from(key, "base64url");
  const got = await derive(password, Buffer.from(salt, "base64url"));
  return wanted.length === LENGTH && timingSafeEqual(wanted, got);
}
