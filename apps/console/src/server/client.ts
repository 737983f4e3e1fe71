import { createRepriseClient } from '@reprise/client'
import { connection } from './connection.ts'

/** The typed client of the server that the page came from; its cookie says who is calling. */
export const client = createRepriseClient({ url: window.location.origin, credentials: 'same-origin', fetch: connection.fetch })
