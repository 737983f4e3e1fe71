import fastify from 'fastify'
import { registerEntries, registerRest } from '../rest/register-rest.ts'
import type { Services } from '../services.ts'
import type { EventStreams } from '../streams/event-streams.ts'
import type { OpenApiDocument } from './openapi-document.ts'
import { registerDocs } from './register-docs.ts'

/** The document of `/openapi.json`, of routes that nobody calls: it takes no database, and nothing is started. */
export async function describeApi(version: string): Promise<OpenApiDocument> {
  const server = fastify()
  await registerDocs(server, version)
  const services = refuseUse<Services>('services')
  await registerEntries(server, services)
  await registerRest(server, services, refuseUse<EventStreams>('streams'))
  await server.ready()
  const document = server.swagger() as unknown as OpenApiDocument // as finishDocument writes it
  await server.close()
  return document
}

/** Stands in for what a route works with only when it is called. */
function refuseUse<T extends object>(what: string): T {
  const stand: ProxyHandler<object> = {
    get(_target, name) {
      throw new Error(`The registration of a route reads ${what}.${String(name)}: routes are described without them, so read it when one is called`)
    },
  }
  return new Proxy({}, stand) as T // whatever is read of it throws
}
