import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["*/test/**/*.spec.ts"],
    reporters: ["default", "./test-summary.ts"],
    retry: 0,
  },
});
