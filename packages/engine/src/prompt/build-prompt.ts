import type { ContentPart } from '@reprise/contract'
import { readStoredImage } from '@reprise/contract'
import { readEarlierMessages, readImageBytes, type Database } from '@reprise/store'
import type { PromptMessage, PromptPart } from '../models/model-provider.ts'
import { readMessageOfTurn, type MessageOfTurn, type Turn } from '../turn/turn.ts'

const messagesMax = 200
/** A rough and quick measure, the same for every model: what counts is that a prompt stays well under its window. */
const charactersPerToken = 4
const imageTokens = 1_000

/**
 * The prompt of a turn's next model call: the latest earlier turns that fit, oldest first, then the turn's own messages.
 * Turns that wait behind this one are not in it, whenever they came.
 */
export async function buildPrompt(db: Database, turn: Turn): Promise<{ messages: PromptMessage[]; turn_starts_at: number }> {
  const toPrompt = (message: MessageOfTurn) => showMessage(message, db, turn)
  const own = turn.messages.map(toPrompt)
  if (turn.ordinal === 1) return { messages: own, turn_starts_at: 0 }
  const earlier = await readWindow(db, turn)
  return { messages: [...earlier.map(toPrompt), ...own], turn_starts_at: earlier.length }
}

/** Whole turns, from the latest backwards, until the model's window or the count is full. Read once for all calls of a turn. */
async function readWindow(db: Database, turn: Turn): Promise<MessageOfTurn[]> {
  const cached = windows.get(turn)
  if (cached) return cached
  const rows = await readEarlierMessages(db, turn.session_id, turn.ordinal, messagesMax)
  let tokensLeft = turn.model.context_window - turn.messages.reduce((sum, message) => sum + estimateTokens(message), 0)
  let startsAt = rows.length
  for (let end = rows.length; end > 0; ) {
    const turnId = rows[end - 1]!.turn_id
    let begin = end
    while (begin > 0 && rows[begin - 1]!.turn_id === turnId) begin -= 1
    tokensLeft -= rows.slice(begin, end).reduce((sum, row) => sum + Math.ceil(row.content_json.length / charactersPerToken), 0)
    if (tokensLeft < 0) break
    startsAt = begin
    end = begin
  }
  const window = rows.slice(startsAt).flatMap((row) => readMessageOfTurn(row) ?? [])
  windows.set(turn, window)
  return window
}

const windows = new WeakMap<Turn, MessageOfTurn[]>()

function estimateTokens(message: MessageOfTurn): number {
  return message.content.reduce((sum, part) => sum + (part.type === 'image' || part.type === 'image_file' ? imageTokens : Math.ceil(JSON.stringify(part).length / charactersPerToken)), 0)
}

function showMessage(message: MessageOfTurn, db: Database, turn: Turn): PromptMessage {
  switch (message.role) {
    case 'user':
      return { role: 'user', content: message.content.flatMap((part) => showPart(part, db, turn.organization_id) ?? []) }
    case 'agent':
      return {
        role: 'agent',
        content: message.content.filter((part) => part.type === 'text' || part.type === 'tool_call'),
        // Signatures hold for the model that gave them: of another model's thinking nothing is sent.
        thinking: message.model_id === turn.model.id ? message.thinking : [],
      }
    case 'tool_result':
      return message
  }
}

function showPart(part: ContentPart, db: Database, organizationId: string): PromptPart | null {
  if (part.type === 'text') return part
  const stored = readStoredImage(part)
  if (stored) return { type: 'image', ...stored, load: () => loadImage(db, organizationId, stored.image_id) }
  if (part.type === 'image_file') {
    const { image_id } = part
    return { type: 'image', media_type: 'image/*', image_id, load: () => loadImage(db, organizationId, image_id) }
  }
  return part.type === 'image' && part.url ? { type: 'image', media_type: part.media_type ?? 'image/*', url: part.url } : null
}

async function loadImage(db: Database, organizationId: string, imageId: string): Promise<Uint8Array> {
  const image = await readImageBytes(db, organizationId, imageId, 'full')
  // A message's images are held by foreign key.
  if (!image) throw new Error(`image ${imageId} of a stored message is gone`)
  return image.bytes
}
