import { postMessage, type RepriseClient } from '@reprise/client'
import { setTimeout as delay } from 'node:timers/promises'
import { scriptText } from '../../../../packages/client/test/support/script-text.ts'
import type { Models } from './add-models.ts'

const sessionCount = 4
/** Posts a second, at the foot of the wave and at its height. */
const [rateMin, rateMax] = [3, 10]
const wavesMs = 100_000
const failsEach = 90

/** Messages until the signal, now more, now fewer, from sessions that nobody looks at: most turns are quick, a few are slow, and a few fail. */
export async function passTraffic(client: RepriseClient, models: Models, signal: AbortSignal): Promise<void> {
  const model_id = models.simulated
  const sessions = await Promise.all(Array.from({ length: sessionCount }, (_, index) => client.sessions.create.mutate({ title: `Import, part ${index + 1}`, tags: ['import'], model_id })))
  const begin = performance.now()
  const posted: Promise<unknown>[] = []
  for (let number = 1; !signal.aborted; number++) {
    const session_id = sessions[number % sessionCount]!.id
    const [ttft_ms, tokens_per_second] = number % 7 === 0 ? [600, 20] : [80, 200]
    const text = `Row ${number}\n\n${scriptText([{ text: 'The row is in order.', ttft_ms, tokens_per_second }])}`
    const controls = number % failsEach === 0 ? { model_id: models.unknown } : {}
    posted.push(postMessage(client, { session_id, message: { content: [{ type: 'text', text }] }, controls }))
    const height = (1 + Math.sin(((performance.now() - begin) / wavesMs) * 2 * Math.PI)) / 2
    await delay(1_000 / (rateMin + (rateMax - rateMin) * height))
  }
  await Promise.all(posted)
}
