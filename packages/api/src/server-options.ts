import { limits } from '@reprise/contract'
import type { FastifyHttpOptions } from 'fastify'
import type { Server } from 'node:http'
import { chooseRequestId } from './access/choose-request-id.ts'
import { refuseConnection } from './errors/refuse-connection.ts'
import { sendProblem } from './errors/send-problem.ts'

const headersBytesMax = 2 * limits.headerBytesMax

/** What the plugin needs and only fastify's constructor can give: `fastify({ ...serverOptions, loggerInstance })`. */
export const serverOptions = {
  // Otherwise an open stream keeps `close` waiting.
  forceCloseConnections: true,
  // It would not be a problem as the contract words them: see refuse-while-stopping.ts.
  return503OnClosing: false,
  genReqId: chooseRequestId,
  frameworkErrors: sendProblem,
  clientErrorHandler: refuseConnection,
  /** For the whole request to arrive, body included; answers may take as long as they like. */
  requestTimeout: 300_000,
  http: { maxHeaderSize: headersBytesMax },
  // No parameter is refused for its length by the router: an id of any length gets the answer "Invalid ID format".
  routerOptions: { maxParamLength: headersBytesMax },
} satisfies FastifyHttpOptions<Server>
