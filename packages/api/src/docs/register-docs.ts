import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { writeErrorPage } from './write-error-page.ts'

/**
 * Documents the routes registered after this. Schemas of routes are for the documentation alone: requests are checked by
 * the operations' own reading, the same for REST and tRPC, and answers are written by it.
 */
export async function registerDocs(server: FastifyInstance, version: string): Promise<void> {
  server.setValidatorCompiler(() => () => true)
  server.setSerializerCompiler(() => (value) => JSON.stringify(value))
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Reprise', version, description: 'Durable agent sessions: messages in, turns that survive anything, events out.' },
      components: { securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'Authorization' } } },
      security: [{ key: [] }],
    },
    // One mount is documented; the other is the same.
    transform: (document) => jsonSchemaTransform({ ...document, schema: document.url.startsWith('/v1/') ? document.schema : { hide: true } }),
    transformObject: jsonSchemaTransformObject,
  })
  server.get('/openapi.json', { schema: { hide: true } }, async () => server.swagger())
  server.get('/docs/errors', { schema: { hide: true } }, async (_request, reply) => reply.type('text/html; charset=utf-8').send(writeErrorPage()))
  await server.register(swaggerUi, {
    routePrefix: '/docs',
    // By default the page shows a badge of a validator on another host.
    uiConfig: { validatorUrl: null, deepLinking: true },
    staticCSP: "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; object-src 'none'",
  })
}
