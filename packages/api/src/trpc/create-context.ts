import type { FastifyRequest } from 'fastify'
import { readJsonBody, readMessageBytes } from '../bodies/read-body.ts'
import { readUpload } from '../bodies/read-upload.ts'
import { acceptParsed, checkInput } from '../errors/accept-parsed.ts'
import type { Services } from '../services.ts'
import type { Context } from './context.ts'
import { messageAddress } from './message-address.ts'

export function createContext(services: Services, request: FastifyRequest, signal: AbortSignal): Context {
  const { caller } = request
  return {
    services,
    caller,
    signal,
    readInput: () => readJsonBody(services, request, signal),
    readUpload: () => readUpload(request),
    async readMessage() {
      const bytes = await readMessageBytes(request)
      // Compute takes over the bytes it is given, and its reading of a message passes over what is not the message's.
      const input = acceptParsed(await services.compute.readJsonBody(bytes.slice(), { signal }))
      const address = checkInput(messageAddress, pickAddress(input))
      const body = acceptParsed(await services.compute.readMessageBody(bytes, { organization_id: caller.organization_id, signal }))
      return { address, body }
    },
  }
}

function pickAddress(input: unknown): Record<string, unknown> {
  const given = typeof input === 'object' && input !== null ? input : {}
  return Object.fromEntries(Object.entries(given).filter(([key]) => key in messageAddress.shape))
}
