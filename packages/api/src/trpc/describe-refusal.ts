import type { AppError, ErrorCode, FieldError } from '@reprise/contract'
import type { TRPC_ERROR_CODE_KEY, TRPC_ERROR_CODE_NUMBER } from '@trpc/server/rpc'

const badRequest: TRPC_ERROR_CODE_NUMBER = -32600
const internalError: TRPC_ERROR_CODE_NUMBER = -32603

/** An error as tRPC's clients get it: code, status and fields as on REST. */
export interface TrpcErrorShape {
  message: string
  code: TRPC_ERROR_CODE_NUMBER
  data: {
    /** Of the catalogue, or tRPC's own for a call that reached no procedure. */
    code: ErrorCode | TRPC_ERROR_CODE_KEY
    httpStatus: number
    errors: FieldError[] | undefined
  }
}

export function describeRefusal({ code, status, message, errors }: AppError): TrpcErrorShape {
  return { message, code: status < 500 ? badRequest : internalError, data: { code, httpStatus: status, errors } }
}
