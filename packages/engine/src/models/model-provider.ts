/**
 * What the turn runner asks of a model, whatever vendor answers. The shape follows the AI SDK's LanguageModelV4
 * (prompt in, one stream of parts out), so that adapting one of its providers is renaming.
 */
import type { ImageMediaType, ReasoningEffort, ToolCallPart, ToolResultPart, Usage } from '@reprise/contract'

/** A vendor's server, and what is needed to talk to it. */
export interface ProviderConnection {
  /** As `providers.type` names it. */
  type: string
  /** Null: the vendor's own address. */
  base_url: string | null
  api_key: string | null
}

export interface ModelProvider {
  readonly type: string
  readonly images: ImageLimits
  /**
   * Makes one model call. The chunks come in the order thinking, text, tool calls, `finished`, where each but the last may
   * be absent. A fault throws a ModelError, also in the middle of the stream. Aborting `signal` ends the call soon,
   * with `signal.reason` thrown: the caller that aborted knows why it did.
   */
  stream(call: ModelCall, signal: AbortSignal): AsyncIterable<ModelChunk>
}

/** What a vendor takes of an image. What is larger is made smaller before it is sent. */
export interface ImageLimits {
  /** It fetches https urls itself. */
  takesUrls: boolean
  mediaTypes: readonly ImageMediaType[]
  /** Of the image itself, before base64. */
  bytesMax: number
  /** Of the longer edge. */
  edgePixelsMax: number
}

export interface ModelCall {
  /** The vendor's name of the model, not our id of it. */
  model: string
  system: string | null
  /**
   * The session's past, turn by turn: it stands before `messages` in the prompt. A turn's array is the same object in
   * every call that shows it, so what a provider makes of it can be kept.
   */
  earlier_turns: readonly (readonly PromptMessage[])[]
  /** The messages of the turn that asks. */
  messages: readonly PromptMessage[]
  tools: readonly ToolSpec[]
  reasoning_effort: ReasoningEffort | null
  parallel_tool_calls: boolean
  /** Counts the calls made for this step, from 1. */
  attempt: number
}

/** Consecutive messages of one role stay apart here; a provider whose vendor refuses them merges them. */
export type PromptMessage =
  | { role: 'user'; content: readonly PromptPart[] }
  | { role: 'agent'; content: readonly (PromptText | ToolCallPart)[]; thinking: readonly ThinkingBlock[] }
  | { role: 'tool_result'; content: readonly PromptToolResult[] }

/** The images of a result stand beside it: vendors take them apart from its text. */
export type PromptToolResult = Omit<ToolResultPart, 'images'> & { images?: readonly PromptImage[] }

export type PromptPart = PromptText | PromptImage

export interface PromptText {
  type: 'text'
  text: string
}

/**
 * Either a caller's `url`, or an image that `load` gives within the provider's `images` limits. It is fitted and encoded
 * once per turn, however many calls show it; a provider loads only what it sends.
 */
export interface PromptImage {
  type: 'image'
  /** `image/*` when a caller's url came without one. */
  media_type: string
  url?: string
  image_id?: string
  load?: () => Promise<LoadedImage>
}

export interface LoadedImage {
  media_type: ImageMediaType
  base64: string
}

/** Stored byte-exact and sent back unchanged: vendors check the signature against the text. */
export interface ThinkingBlock {
  text: string
  signature: string | null
}

export interface ToolSpec {
  name: string
  description: string
  /** A JSON Schema of type object. */
  parameters: Record<string, unknown>
}

/** `length`: the answer reached the model's limit. A provider's "error" is no reason to finish but a ModelError. */
export type FinishReason = 'stop' | 'tool_calls' | 'length' | 'content_filter' | 'other'

/** A delta is never empty and never ends between the halves of a surrogate pair: each is stored on its own. */
export type ModelChunk =
  | { type: 'thinking_started' }
  | { type: 'thinking_delta'; delta: string }
  | { type: 'thinking_completed'; signature: string | null }
  | { type: 'text_delta'; delta: string }
  | { type: 'tool_call'; id: string; name: string; arguments: unknown }
  | { type: 'finished'; finish_reason: FinishReason; usage: Usage; response_id: string | null }
