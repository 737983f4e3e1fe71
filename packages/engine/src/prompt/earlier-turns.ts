import { readEarlierMessages, type Database, type TurnModel } from '@reprise/store'
import type { PromptMessage } from '../models/model-provider.ts'
import { readMessageOfTurn, type MessageOfTurn, type Turn } from '../turn/turn.ts'
import { estimateMessage } from './estimate-tokens.ts'
import { showsImages } from './list-images.ts'
import type { TurnImages } from './turn-images.ts'

/** A turn of the session's past. */
export interface EarlierTurn {
  messages: MessageOfTurn[]
  /** In the prompt of the model that it was last asked for. */
  size: { model_id: string; tokens: number }
  hasImages: boolean
  /** Its messages as prompts show them, as long as nothing of what they depend on changes. */
  shown?: { model_id: string; supportsImages: boolean; resultsCut: number; images: TurnImages | null; messages: PromptMessage[] }
}

export const earlierMessagesMax = 200

/** The latest turns before a turn, oldest first: at most 200 messages are read, however long the session is. */
export async function readEarlierTurns(db: Database, { organization_id, session_id, ordinal, model }: Turn): Promise<EarlierTurn[]> {
  if (ordinal === 1) return []
  const rows = await readEarlierMessages(db, organization_id, session_id, ordinal, earlierMessagesMax)
  const turns: MessageOfTurn[][] = []
  rows.forEach((row, index) => {
    const message = readMessageOfTurn(row)
    if (!message) return
    if (rows[index - 1]?.turn_id === row.turn_id) turns.at(-1)!.push(message)
    else turns.push([message])
  })
  return turns.map((messages) => measureTurn(messages, model))
}

export function measureTurn(messages: MessageOfTurn[], model: TurnModel): EarlierTurn {
  return { messages, size: measure(messages, model), hasImages: messages.some(showsImages) }
}

/** Counted once: a model has one measure, and messages never change. */
export function tokensOfTurn(past: EarlierTurn, model: TurnModel): number {
  if (past.size.model_id !== model.id) past.size = measure(past.messages, model)
  return past.size.tokens
}

function measure(messages: readonly MessageOfTurn[], model: TurnModel): EarlierTurn['size'] {
  return { model_id: model.id, tokens: messages.reduce((sum, message) => sum + tokensOfMessage(message, model), 0) }
}

/** Kept with the message: a map of all messages would cost more than counting them does. */
export function tokensOfMessage(message: MessageOfTurn, model: TurnModel): number {
  if (message.size?.model_id !== model.id) message.size = { model_id: model.id, tokens: estimateMessage(message, model) }
  return message.size.tokens
}
