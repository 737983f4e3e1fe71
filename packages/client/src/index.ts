export { createRepriseClient, type ClientOptions, type RepriseClient } from './create-reprise-client.ts'
export type { RepriseError } from './reprise-error.ts'
export { readError } from './reprise-error.ts'
