import type { FastifyReply } from 'fastify'
import { Readable } from 'node:stream'
import type { JsonPieces } from '../json-pieces.ts'

/** Sends JSON text whose large parts are bytes already. */
export function sendPieces(reply: FastifyReply, pieces: JsonPieces): FastifyReply {
  reply.type('application/json; charset=utf-8')
  const [only] = pieces
  if (pieces.length === 1 && typeof only === 'string') return reply.send(only)
  const chunks = pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece))
  reply.header('content-length', chunks.reduce((sum, { byteLength }) => sum + byteLength, 0))
  return reply.send(Readable.from(chunks, { objectMode: false }))
}
