import { defineConfig } from "vitest/config";

const conditions = ["@postern/source", "node", "import", "module", "default"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: [
      "packages/*/test/**/*.test.ts",
      "packages/*/src/**/*.test.ts",
      "examples/*/test/**/*.test.ts",
      "test/**/*.test.ts",
    ],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    execArgv: ["--conditions=@postern/source", "--disable-warning=ExperimentalWarning"],
    // Files share a worker and what it has loaded: loading all of it anew for each took a third of the time.
    isolate: false,
    maxWorkers: 2,
  },
});
