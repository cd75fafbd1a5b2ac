// Import directions of ARCHITECTURE.md. Project references alone do not stop a reverse import through
// workspace links, so this check does.
const allowed = {
  ledger: [],
  core: [],
  service: ["core", "ledger"],
  store: ["core", "ledger", "service"],
  identity: ["core", "service"],
  sdk: ["core"],
  console: ["core", "ledger", "sdk"],
  server: ["core", "ledger", "service", "store", "identity", "sdk", "console"],
  cli: ["core", "ledger", "sdk", "server"],
};

const directions = Object.entries(allowed).map(([room, rooms]) => ({
  name: `${room}-imports-only-${rooms.join("-") || "nothing"}`,
  severity: "error",
  from: { path: `^packages/${room}/src` },
  to: { path: "^packages/", pathNot: `^packages/(${[room, ...rooms].join("|")})/` },
}));

/** `postern tour` runs the example; nothing else of the product knows it. */
const example = {
  name: "only-the-tour-imports-the-example",
  severity: "error",
  from: { path: "^packages/", pathNot: "^packages/(cli/src/commands/tour|testing|bench|conformance)/" },
  to: { path: "^examples/" },
};

export default {
  forbidden: [
    ...directions,
    example,
    { name: "no-circles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "pure-rooms-import-no-node",
      severity: "error",
      from: { path: "^packages/(core|ledger)/src" },
      to: { dependencyTypes: ["core"] },
    },
    { name: "resolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)dist/" },
    parser: "swc",
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["@postern/source", "import", "node", "default"],
      extensions: [".ts", ".mjs", ".js"],
    },
  },
};
