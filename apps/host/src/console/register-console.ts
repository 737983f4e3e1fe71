import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import { cspNonce, pages } from '@reprise/console'
import { AppError } from '@reprise/contract'
import type { FastifyInstance } from 'fastify'
import { writePolicy } from './write-policy.ts'

/** What stands at these addresses has its content's hash in its name. */
const forEver = { maxAge: '1y', immutable: true }
/** As the build names its files: nothing that leads elsewhere. */
const fileName = /^\w[\w.-]*$/
const notBuilt = 'The console could not be built: the log of the server says why. The API is not touched by that; its reference is at /docs.\n'

/**
 * Serves the console's page and what belongs to it. Both are the same for everybody: what a caller may see, its calls ask for.
 * `builtConsole` gives the folder; while it is being made, a page waits for it.
 */
export async function registerConsole(server: FastifyInstance, builtConsole: () => Promise<string | null>): Promise<void> {
  // The folder is told with each file: it may not be there yet.
  await server.register(fastifyStatic, { serve: false, root: import.meta.dirname, preCompressed: true })

  server.get<{ Params: { file: string } }>('/assets/:file', async ({ params: { file } }, reply) => {
    if (!fileName.test(file)) throw new AppError('not_found')
    const folder = await builtConsole()
    if (folder === null) return reply.code(503).header('retry-after', '10').type('text/plain').send(notBuilt)
    reply.header('x-content-type-options', 'nosniff')
    return reply.sendFile(file, join(folder, 'assets'), forEver)
  })

  for (const path of pages) {
    server.get(path, { config: { isPage: true } }, async (_request, reply) => {
      const folder = await builtConsole()
      if (folder === null) return reply.code(503).header('retry-after', '10').type('text/plain').send(notBuilt)
      const html = await readFile(join(folder, 'index.html'), 'utf8')
      const nonce = randomBytes(16).toString('base64')
      return reply.headers(writePolicy(nonce)).type('text/html; charset=utf-8').send(html.replaceAll(cspNonce, nonce))
    })
  }
}
