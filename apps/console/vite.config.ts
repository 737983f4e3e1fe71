import react from '@vitejs/plugin-react'
import { defineConfig, type ProxyOptions } from 'vite'
import { cspNonce } from './build/csp-nonce.ts'

const server = 'http://127.0.0.1:9000'

/** The server judges a page by its origin: behind the development server, the page is the server's own. */
const proxied: ProxyOptions = { target: server, changeOrigin: true, headers: { origin: server } }

export default defineConfig({
  plugins: [react()],
  html: { cspNonce },
  build: { target: 'es2023', cssTarget: ['chrome123', 'firefox120', 'safari17.5'], assetsInlineLimit: 0, chunkSizeWarningLimit: 600 },
  server: { proxy: { '/v1': proxied, '/trpc': proxied, '/docs': proxied, '/openapi.json': proxied } },
})
