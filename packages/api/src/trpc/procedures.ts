import { AppError } from '@reprise/contract'
import { initTRPC, TRPCError } from '@trpc/server'
import type { z } from 'zod'
import { checkInput } from '../errors/accept-parsed.ts'
import { toAppError } from '../errors/to-app-error.ts'
import type { Context } from './context.ts'
import { describeRefusal, type TrpcErrorShape } from './describe-refusal.ts'

const t = initTRPC.context<Context>().create({
  /** The catalogue's code, status and field errors, as on REST; whatever else was thrown stays inside. */
  errorFormatter({ error, shape }): TrpcErrorShape {
    // tRPC's own refusals (no such procedure, wrong method) have words that are meant for the caller.
    const isOwn = error.code === 'PARSE_ERROR' || (error.cause === undefined && error.code !== 'INTERNAL_SERVER_ERROR')
    if (!isOwn) return describeRefusal(toAppError(error.cause ?? error))
    return { message: shape.message, code: shape.code, data: { code: error.code, httpStatus: shape.data.httpStatus, errors: undefined } }
  },
  sse: { ping: { enabled: true, intervalMs: 30_000 }, maxDurationMs: 300_000 },
})

export const router = t.router

/** A mutation's body is read by our own reader, a large one on a thread; a query's input is in its url. */
export const procedure = t.procedure.use(({ ctx, type, getRawInput, next }) => next({ getRawInput: type === 'mutation' ? ctx.readInput : () => readUrlInput(getRawInput) }))

/** tRPC parses what a url holds; what is no JSON comes as its own error around the parser's. */
async function readUrlInput(read: () => Promise<unknown>): Promise<unknown> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof TRPCError && error.cause instanceof SyntaxError) throw new AppError('invalid_json', { message: 'The input is not valid JSON', cause: error })
    throw error
  }
}

/** For procedures whose body is not plain JSON to be validated: they read it themselves. */
export const rawProcedure = t.procedure.use(({ next }) => next({ getRawInput: async () => undefined }))

/** A schema as tRPC takes one, refusing with the same errors as REST. Where nothing need be said, no input is an empty one. */
export function checked<S extends z.ZodType>(schema: S): Checked<OrNothing<z.input<S>>, z.output<S>> {
  return { ...declareInput<OrNothing<z.input<S>>, z.output<S>>((value) => checkInput(schema, value ?? {})), schema }
}

type OrNothing<Input> = {} extends Input ? Input | undefined : Input

/** Says what a client has to send; what the procedure works with comes from its context. */
export function declared<Input>(): Checked<Input, undefined> {
  return declareInput<Input, undefined>(() => undefined)
}

interface Checked<Input, Output> {
  /** For tRPC's types alone. */
  _input: Input
  _output: Output
  parse(value: unknown): Output
  /** What it is checked by, for those who want to know what to send. */
  schema?: z.ZodType
}

function declareInput<Input, Output>(parse: (value: unknown) => Output): Checked<Input, Output> {
  return { parse } as Checked<Input, Output> // the other two exist as types only
}
