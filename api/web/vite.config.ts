import { defineConfig } from "vite";

// The build is the service's static folder; the browser loads nothing from anywhere else.
export default defineConfig({
  base: "/",
  build: {
    outDir: "../riskmap_api/static",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1500,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/v1": "http://127.0.0.1:8000", "/health": "http://127.0.0.1:8000" } },
});
