export { cspNonce } from './csp-nonce.ts'
export { ensureBuilt } from './ensure-built.ts'
export { pages } from './pages.ts'
