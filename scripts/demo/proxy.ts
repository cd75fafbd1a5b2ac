import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../root.ts";
import { type RunningProgram, startProgram } from "./program.ts";

/** Where the configuration of the docs page is put to work. */
interface ProxyPlace {
  readonly folder: string;
  readonly port: number;
  /** `host:port` of each. */
  readonly shop: string;
  readonly control: string;
  readonly gateway: string;
}

export interface Proxy {
  readonly name: "nginx" | "caddy";
  readonly program: string;
  readonly versionFlag: string;
  readonly install: string;
  /** Whether it passes a redirect of the gate on to the client. */
  readonly leads: boolean;
  start(path: string, place: ProxyPlace): Promise<RunningProgram>;
}

/** The one configuration block of a docs page, with its example addresses replaced. */
function configurationOf(name: "nginx" | "caddy", place: ProxyPlace): string {
  const page = readFileSync(join(ROOT, `docs/gateway-${name}.md`), "utf8");
  const block = new RegExp(`^\`\`\`${name}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(page)?.[1];
  if (block === undefined) throw new Error(`expected a \`${name}\` block in docs/gateway-${name}.md`);
  const addresses: Readonly<Record<string, string>> = {
    "127.0.0.1:4603": place.shop,
    "127.0.0.1:4600": place.control,
    "127.0.0.1:4602": place.gateway,
    "127.0.0.1:8080": `127.0.0.1:${place.port}`,
    "http://:8080": `http://:${place.port}`,
  };
  return Object.entries(addresses).reduce((text, [from, to]) => text.replaceAll(from, to), block);
}

function written(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

export const nginx: Proxy = {
  name: "nginx",
  program: "nginx",
  versionFlag: "-v",
  leads: false,
  install: "apt-get install nginx, brew install nginx, or nginx.org/en/download.html",
  start(path, place) {
    const { folder } = place;
    const temp = join(folder, "nginx-temp");
    mkdirSync(temp);
    // Started as root, nginx works as another user, who needs to write here.
    chmodSync(temp, 0o777);
    chmodSync(folder, 0o755);
    const kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    const file = written(
      folder,
      "nginx.conf",
      `daemon off;
pid ${join(folder, "nginx.pid")};
error_log ${join(folder, "nginx-error.log")} warn;
worker_processes 1;
events { worker_connections 256; }
http {
  access_log off;
${kinds.map((kind) => `  ${kind}_temp_path ${join(temp, kind)};\n`).join("")}
${configurationOf("nginx", place)}
}
`,
    );
    return startProgram(path, {
      args: ["-p", folder, "-e", join(folder, "nginx-error.log"), "-c", file],
      env: process.env,
      url: `http://127.0.0.1:${place.port}/`,
    });
  },
};

export const caddy: Proxy = {
  name: "caddy",
  program: "caddy",
  versionFlag: "version",
  leads: true,
  install: "apt-get install caddy, brew install caddy, or caddyserver.com/docs/install",
  start(path, place) {
    const { folder } = place;
    const file = written(
      folder,
      "Caddyfile",
      `{
  admin off
  auto_https off
  storage file_system ${join(folder, "caddy")}
  log {
    level ERROR
  }
}
${configurationOf("caddy", place)}
`,
    );
    return startProgram(path, {
      args: ["run", "--adapter", "caddyfile", "--config", file],
      env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
      url: `http://127.0.0.1:${place.port}/`,
    });
  },
};
