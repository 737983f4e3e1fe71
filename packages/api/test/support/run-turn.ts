import type { Event } from '@reprise/contract'
import { openStream } from './open-stream.ts'
import { postMessage } from './requests.ts'

/** Posts a message and follows its turn to its end; answers the events since. */
export async function runTurn(url: string, sessionId: string, body: object): Promise<Event[]> {
  const stream = await openStream(`${url}/v1/sessions/${sessionId}/sse?from=now`)
  await postMessage(url, sessionId, body)
  const frames = await stream.until('session.idled')
  stream.close()
  return frames.filter(({ id }) => id !== null).map(({ data }) => data)
}
