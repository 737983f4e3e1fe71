import type { Server } from 'node:http'
import { expect } from 'vitest'
import { describeApi } from '../../src/docs/describe-api.ts'
import { ApiDocument } from './api-document.ts'
import { checkResponse, type SeenResponse } from './check-response.ts'
import { watchResponses } from './watch-responses.ts'

/** The same for all servers of a file: they have the same routes. */
let shared: Promise<ApiDocument> | null = null

/** Holds every response of a test server against the document that it serves. */
export class ResponseChecks {
  readonly #api: ApiDocument
  readonly #faults = new Set<string>()
  /** Statuses of failures that a test provokes. */
  readonly #provoked = new Set<number>()

  static async start(server: Server): Promise<ResponseChecks> {
    shared ??= describeApi('0.0.0-test').then((document) => new ApiDocument(document))
    return new ResponseChecks(server, await shared)
  }

  private constructor(server: Server, api: ApiDocument) {
    this.#api = api
    watchResponses(server, (seen) => {
      // In the middle of the server's own writing, nothing may be thrown.
      try {
        this.#check(seen)
      } catch (error) {
        this.#faults.add(`${seen.method} ${seen.url.slice(0, 200)} ${seen.status}: cannot be checked: ${String(error)}`)
      }
    })
  }

  /** Runs what must end in a failure of the server, which is a fault anywhere else. */
  async provoking<T>(status: number, run: () => Promise<T>): Promise<T> {
    this.#provoked.add(status)
    return await run().finally(() => this.#provoked.delete(status))
  }

  /** Fails with everything that was found. */
  end(): void {
    if (this.#faults.size > 0) throw new Error(`Responses that /openapi.json does not describe:\n${[...this.#faults].map((fault) => `  ${fault}`).join('\n')}`)
  }

  #check(seen: SeenResponse): void {
    const { method, url, status } = seen
    const faults = checkResponse(this.#api, seen)
    if (status === 500 && !this.#provoked.has(status)) faults.push(`${method} ${url.slice(0, 200)} 500: the server failed: ${seen.body.toString().slice(0, 300)}`)
    const { currentTestName } = expect.getState()
    for (const fault of faults) this.#faults.add(currentTestName ? `${fault}   [in: ${currentTestName}]` : fault)
  }
}
