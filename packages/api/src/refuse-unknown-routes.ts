import { AppError } from '@reprise/contract'
import type { FastifyInstance, RouteOptions } from 'fastify'

interface KnownPath {
  pattern: RegExp
  methods: Set<string>
}

/** Answers 404 where nothing is, and 405 with `Allow` where something is that takes other methods. */
export function refuseUnknownRoutes(server: FastifyInstance): void {
  // Where nothing is, no body is read: whether it is sound or not, the answer is the same.
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', (_request, _payload, done) => done(null))
  const paths = new Map<string, KnownPath>()
  server.addHook('onRoute', ({ url, method }: RouteOptions) => {
    // A wildcard's methods say nothing of the single thing that was asked for.
    if (url.includes('*')) return
    const path = paths.get(url) ?? { pattern: toPattern(url), methods: new Set() }
    for (const name of [method].flat()) path.methods.add(name)
    paths.set(url, path)
  })

  server.setNotFoundHandler(async (request, reply) => {
    const [pathname = ''] = request.url.split('?')
    const methods = [...paths.values()].filter(({ pattern }) => pattern.test(pathname)).flatMap((path) => [...path.methods])
    // One that the method leads to has found nothing itself.
    if (methods.length === 0 || methods.includes(request.method)) throw new AppError('not_found', { message: `There is nothing at ${request.method} ${pathname}` })
    reply.header('allow', methods.join(', '))
    throw new AppError('method_not_allowed', { message: `${pathname} takes ${methods.join(', ')}` })
  })
}

function toPattern(url: string): RegExp {
  const escaped = url.replace(/[.+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${escaped.replace(/:[A-Za-z_]+/g, '[^/]+')}$`)
}
