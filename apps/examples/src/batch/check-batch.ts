import { retryCall, type RepriseClient } from '@reprise/client'

type Message = Awaited<ReturnType<RepriseClient['messages']['list']['query']>>[number]

const pageSize = 1_000

/** What is stored of a batch, question by question: each has to be there once, in a turn that has one last answer. Says what is not so. */
export async function checkBatch(client: RepriseClient, sessionIds: readonly string[], count: number): Promise<string[]> {
  const turns = new Map<number, (string | null)[]>()
  const answers = new Map<string | null, number>()
  for (const session_id of sessionIds) {
    for await (const { role, metadata, turn_id, content } of readMessages(client, session_id)) {
      if (role === 'user') {
        const { question } = metadata as { question: number } // as the batch wrote it
        turns.set(question, [...(turns.get(question) ?? []), turn_id])
      } else if (role === 'agent' && !content.some(({ type }) => type === 'tool_call')) {
        answers.set(turn_id, (answers.get(turn_id) ?? 0) + 1)
      }
    }
  }
  const faults: string[] = []
  for (let question = 0; question < count; question++) {
    const stored = turns.get(question) ?? []
    const answered = stored.reduce((sum, turnId) => sum + (answers.get(turnId) ?? 0), 0)
    if (stored.length !== 1 || answered !== 1) faults.push(`Message ${question} is stored ${stored.length} times and has ${answered} answers.`)
  }
  return faults
}

async function* readMessages(client: RepriseClient, session_id: string): AsyncGenerator<Message, void, undefined> {
  let after = 0
  for (;;) {
    const page = await retryCall(() => client.messages.list.query({ session_id, after, limit: pageSize }))
    yield* page
    if (page.length < pageSize) return
    after = page.at(-1)!.sequence
  }
}
