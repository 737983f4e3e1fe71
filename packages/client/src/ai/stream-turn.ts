import type { UIMessageChunk } from 'ai'
import type { RepriseClient } from '../create-reprise-client.ts'
import { followTurn } from '../follow-turn.ts'
import { readError } from '../reprise-error.ts'
import type { TurnMetadata } from './turn-metadata.ts'
import { TurnTranslator, type KnownCall } from './turn-translator.ts'

export interface StreamOptions {
  abortSignal: AbortSignal | undefined
  /** Called with the turn's id when the reader aborts before the turn has ended. */
  onAbort(turnId: string): void
  /** Goes on with a message that is there already: after this event, with these open calls. Without it the message begins. */
  after?: string
  calls?: readonly KnownCall[]
}

/** The chunks of a turn's message, until the turn ends or waits. */
export function streamTurn(client: RepriseClient, metadata: TurnMetadata, { abortSignal, onAbort, after, calls }: StreamOptions): ReadableStream<UIMessageChunk> {
  const { turn_id, session_id } = metadata
  const left = new AbortController()
  const chunks = readChunks()
  const leave = () => {
    abortSignal?.removeEventListener('abort', abort)
    left.abort()
  }
  const abort = () => {
    leave()
    onAbort(turn_id)
  }

  async function* readChunks(): AsyncGenerator<UIMessageChunk, void, undefined> {
    const translator = new TurnTranslator(metadata, calls)
    // A message that is there keeps its id.
    yield { type: 'start', ...(after === undefined && { messageId: turn_id }), messageMetadata: { session_id, turn_id, status: 'running' } satisfies TurnMetadata }
    for await (const event of followTurn(client, { session_id, turn_id }, { signal: left.signal, after })) {
      yield* translator.translate(event)
      if (translator.hasEnded) return
    }
  }

  return new ReadableStream<UIMessageChunk>({
    start() {
      if (abortSignal?.aborted) abort()
      else abortSignal?.addEventListener('abort', abort, { once: true })
    },
    async pull(controller) {
      try {
        const { done, value } = await chunks.next()
        if (!done) return controller.enqueue(value)
        leave()
        controller.close()
      } catch (error) {
        if (left.signal.aborted) return controller.close()
        leave()
        controller.error(new Error(readError(error)?.message ?? 'The answer cannot be read', { cause: error }))
      }
    },
    cancel: leave,
  })
}
