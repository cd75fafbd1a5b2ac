// Whether a forwarding header counts only where a listed proxy wrote it: the guard lives in the gateway, where no
// node of the simulation goes.
const RULE = "a forwarding header counts only from a listed proxy";

interface Read {
  clientOf(
    request: {
      readonly socket: { readonly remoteAddress: string };
      readonly headers: Readonly<Record<string, string>>;
    },
    trusted: (peer: string | undefined) => boolean,
    protocol: "http" | "https",
  ): { readonly address: string; readonly host: string; readonly protocol: string };
}

const { clientOf } = (await import(
  new URL("../../../server/src/gateway/client.ts", import.meta.url).href
)) as Read;
const trusted = (peer: string | undefined): boolean => peer === "10.0.0.1";
const headers = {
  host: "shop.example",
  "x-forwarded-for": "192.0.2.7",
  "x-forwarded-host": "front.example",
  "x-forwarded-proto": "http",
};
const seen = (remoteAddress: string): string => {
  const { address, host, protocol } = clientOf({ socket: { remoteAddress }, headers }, trusted, "https");
  return `${protocol}://${host} by ${address}`;
};

const wrong: string[] = [];
if (seen("198.51.100.9") !== "https://shop.example by 198.51.100.9")
  wrong.push("a stranger was believed about who it is or what it was asked");
if (seen("10.0.0.1") !== "http://front.example by 192.0.2.7") wrong.push("a listed proxy was not believed");
console.log(
  JSON.stringify({
    steps: 2,
    failure: wrong.length === 0 ? null : { seed: null, step: 1, invariant: RULE, detail: wrong.join("; ") },
  }),
);
process.exit(wrong.length === 0 ? 0 : 1);
