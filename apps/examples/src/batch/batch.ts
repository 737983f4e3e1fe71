/**
 * Many questions, answered as fast as the server likes.
 *
 * Q1  At most `in_flight` questions are on their way at once: whoever has an answer takes the next question. That is all the
 *     back-pressure there is to do, for a server that is too busy says when to come again, and `postMessage` comes then.
 * Q2  A question has one idempotency key for all its tries: a lost reply, or a killed server, never asks it twice.
 * Q3  What is claimed at the end is counted from what the server has stored.
 */
import { createRepriseClient, postMessage, readAnswer, readText, retryCall, type RepriseClient } from '@reprise/client'
import type { Writable } from 'node:stream'
import { checkBatch } from './check-batch.ts'

export interface BatchOptions {
  url: string
  api_key?: string | undefined
  agent_name?: string | undefined
  questions: readonly string[]
  /** Over how many sessions they are spread: a session answers one after the other. */
  sessions: number
  in_flight: number
  output: Writable
  /** Called with each answer, in the order in which they come. */
  onAnswer?: (index: number, answer: string) => void
}

export interface BatchReport {
  answered: number
  failed: number
  /** Replies that were lost on the way, and got by asking again. */
  found_again: number
  turns_per_second: number
}

const progressEvery = 100

export async function runBatch({ url, api_key, agent_name = 'assistant', questions, sessions, in_flight, output, onAnswer = () => {} }: BatchOptions): Promise<BatchReport> {
  const client = createRepriseClient({ url, api_key })
  const sessionIds = await openSessions(client, agent_name, sessions)
  output.write(`${questions.length} messages to ${sessions} sessions, ${in_flight} at a time.\n`)
  const report = { answered: 0, failed: 0, found_again: 0 }
  const startedAt = performance.now()
  const left = questions.entries()

  async function askOneAfterTheOther(): Promise<void> {
    for (const [index, text] of left) {
      const session_id = sessionIds[index % sessions]!
      const posted = await postMessage(client, { session_id, text, metadata: { question: index }, wait: true })
      if (posted.delivery === 'duplicate') report.found_again += 1
      try {
        // The reply has the answer, unless there is none, or not yet: what then became of the turn is read from its events.
        const answer = posted.turn_status === 'completed' ? posted.answer : null
        onAnswer(index, readText(answer ?? (await readAnswer(client, posted))))
        report.answered += 1
      } catch (error) {
        report.failed += 1
        output.write(`Message ${index} has no answer: ${(error as Error).message}\n`) // only errors are thrown
      }
      if ((report.answered + report.failed) % progressEvery === 0) output.write(`${report.answered + report.failed} of ${questions.length}\n`)
    }
  }

  // All take from the same iterator.
  await Promise.all(Array.from({ length: in_flight }, askOneAfterTheOther))
  const seconds = (performance.now() - startedAt) / 1_000
  const turns_per_second = questions.length / seconds
  output.write(`${report.answered} answered, ${report.failed} failed in ${seconds.toFixed(1)} s: ${turns_per_second.toFixed(0)} turns/s, ${report.found_again} lost replies found again.\n`)
  const faults = await checkBatch(client, sessionIds, questions.length)
  output.write(faults.length === 0 ? 'Each message is stored once and was answered once.\n' : `${faults.join('\n')}\n`)
  if (faults.length > 0) throw new Error(`${faults.length} messages were not answered exactly once`)
  return { ...report, turns_per_second }
}

/** A session whose reply is lost stays behind, empty. */
async function openSessions(client: RepriseClient, agent_name: string, count: number): Promise<string[]> {
  const opened: string[] = []
  while (opened.length < count) opened.push((await retryCall(() => client.sessions.create.mutate({ agent_name, title: 'Batch' }))).id)
  return opened
}
