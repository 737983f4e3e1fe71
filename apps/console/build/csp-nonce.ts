/** Stands in the built page for the nonce of one answer; whoever serves the page puts a new one in its place. */
export const cspNonce = '__CSP_NONCE__'
