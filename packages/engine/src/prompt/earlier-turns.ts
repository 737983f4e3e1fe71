import { readEarlierMessages, type Database } from '@reprise/store'
import type { PromptMessage } from '../models/model-provider.ts'
import { readMessageOfTurn, type MessageOfTurn, type Turn } from '../turn/turn.ts'

/** A turn of the session's past as prompts show it: whole, or not at all. */
export interface EarlierTurn {
  messages: MessageOfTurn[]
  tokens: number
  /** Its messages as the prompts of one model show them. */
  shown?: { model_id: string; messages: PromptMessage[] }
}

export const earlierMessagesMax = 200
/** A rough and quick measure, the same for every model: what counts is that a prompt stays well under its window. */
const charactersPerToken = 4
const imageTokens = 1_000

/** The latest turns before a turn, oldest first: at most 200 messages are read, however long the session is. */
export async function readEarlierTurns(db: Database, { organization_id, session_id, ordinal }: Turn): Promise<EarlierTurn[]> {
  if (ordinal === 1) return []
  const rows = await readEarlierMessages(db, organization_id, session_id, ordinal, earlierMessagesMax)
  const turns: MessageOfTurn[][] = []
  rows.forEach((row, index) => {
    const message = readMessageOfTurn(row)
    if (!message) return
    if (rows[index - 1]?.turn_id === row.turn_id) turns.at(-1)!.push(message)
    else turns.push([message])
  })
  return turns.map(measureTurn)
}

export function measureTurn(messages: MessageOfTurn[]): EarlierTurn {
  return { messages, tokens: countTokens(messages) }
}

export function countTokens(messages: readonly MessageOfTurn[]): number {
  let tokens = 0
  for (const { content } of messages) {
    for (const part of content) {
      if (part.type === 'text') tokens += Math.ceil(part.text.length / charactersPerToken)
      else if (part.type === 'image' || part.type === 'image_file') tokens += imageTokens
      else tokens += Math.ceil(JSON.stringify(part).length / charactersPerToken)
    }
  }
  return tokens
}
