import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { finishDocument } from './finish-document.ts'
import type { OpenApiDocument } from './openapi-document.ts'
import { writeErrorPage } from './write-error-page.ts'

const description = `Durable agent sessions: messages in, turns that survive anything, events out.

**Ids** are \`<prefix>_<32 lowercase hex digits>\`; \`session_\` is accepted wherever \`sess_\` is. **Times** are RFC 3339 in UTC.
**Repeated query keys** are arrays (\`types=a&types=b\`). **Unknown fields** of a body are ignored. A JSON content type with an
empty body is no body. Every error is a **problem** (RFC 9457) with a [code](/docs/errors); its \`X-Request-Id\` finds it in the log.
Where requests are **limited**, every answer says by \`RateLimit-Policy\` and \`RateLimit\` how many are left for how long.`

const securitySchemes = {
  key: { type: 'apiKey', in: 'header', name: 'Authorization', description: 'The key by itself. While the server has none configured, any value will do, or none' },
  bearer: { type: 'http', scheme: 'bearer', description: 'The same key, as `Bearer <key>`' },
} as const

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
      info: { title: 'Reprise', version, description, license: { name: 'MIT', identifier: 'MIT' } },
      servers: [
        { url: '/', description: 'This server' },
        { url: '/api', description: 'The same, for clients whose base ends in /api' },
      ],
      components: { securitySchemes },
      security: [{ key: [] }, { bearer: [] }],
    },
    // One mount is documented; the other is the same.
    transform: (document) => jsonSchemaTransform({ ...document, schema: document.url.startsWith('/v1/') ? document.schema : { hide: true } }),
    transformObject: (document) => finishDocument(jsonSchemaTransformObject(document) as OpenApiDocument) as object, // as the routes declare it
  })
  server.get('/openapi.json', { schema: { hide: true } }, async () => server.swagger())
  server.get('/docs/errors', { schema: { hide: true } }, async (_request, reply) => reply.type('text/html; charset=utf-8').send(writeErrorPage()))
  await server.register(swaggerUi, {
    routePrefix: '/docs',
    // By default the page shows a badge of a validator on another host.
    uiConfig: { validatorUrl: null, deepLinking: true, defaultModelsExpandDepth: 0 },
    // Without the bar that offers to show the document of somebody else.
    theme: { title: 'Reprise API', css: [{ filename: 'reprise.css', content: '.swagger-ui .topbar { display: none }' }] },
    staticCSP: "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; object-src 'none'",
  })
}
