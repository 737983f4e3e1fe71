import { z } from 'zod'
import { ids } from './ids.ts'
import { limits } from './limits.ts'

export const imageMediaTypes = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'] as const
export type ImageMediaType = (typeof imageMediaTypes)[number]

const mediaType = z.enum(imageMediaTypes)
/** A part comes back as it was sent, with fields that nothing here knows. */
const asSent = { additionalProperties: true }

export const textPart = z
  .object({
    type: z.literal('text'),
    text: z
      .string()
      .min(1, 'must not be empty')
      .refine((text) => utf8BytesAtMost(text, limits.textPartBytesMax), `must be at most ${limits.textPartBytesMax} bytes of UTF-8`),
  })
  .meta({ id: 'TextPart', description: 'Text content' })

/** An image in a request: base64 bytes or a url, never both. A `data:` url is treated as base64. */
export const imagePartInput = z
  .object({
    type: z.literal('image'),
    base64: z.string().optional(),
    url: z.string().max(2048 + limits.imageBytesMax * 2).optional(),
    media_type: mediaType.optional(),
  })
  .superRefine((part, context) => {
    if ((part.base64 === undefined) === (part.url === undefined)) {
      context.addIssue({ code: 'custom', message: 'needs exactly one of base64 and url' })
    } else if (part.url !== undefined && !part.url.startsWith('data:')) {
      const problem = describeUrlProblem(part.url)
      if (problem) context.addIssue({ code: 'custom', path: ['url'], message: problem })
    }
  })
  .meta({ id: 'NewImagePart', description: 'Image content (base64 or URL)' })

export const imageFilePart = z
  .object({
    type: z.literal('image_file'),
    image_id: ids.image.describe('ID of the uploaded image (format: img_{32-hex})'),
    filename: z.string().max(255).nullish().describe('Original filename (for display)'),
  })
  .meta({ id: 'ImageFilePart', ...asSent, description: 'Image file content (reference to uploaded image by ID)' })

/** What a caller may put into a message: text and images only. */
export const contentPartInput = z
  .discriminatedUnion('type', [textPart, imagePartInput, imageFilePart], {
    error: (issue) => (issue.code === 'invalid_union' ? 'type must be one of text, image, image_file' : undefined),
  })
  .meta({ id: 'NewContentPart' })
export type ContentPartInput = z.output<typeof contentPartInput>

export const imagePart = z
  .object({ type: z.literal('image'), base64: z.string().optional(), url: z.string().optional(), media_type: z.string().optional() })
  .meta({ id: 'ImagePart', ...asSent, description: 'Image content (base64 or URL)' })

export const toolCallPart = z
  .object({ type: z.literal('tool_call'), id: z.string(), name: z.string(), arguments: z.unknown() })
  .meta({ id: 'ToolCallPart', description: 'Tool call content (assistant requesting tool execution)' })
export type ToolCallPart = z.output<typeof toolCallPart>

export const toolResultPart = z
  .object({
    type: z.literal('tool_result'),
    tool_call_id: z.string().describe('ID of the tool call this result corresponds to'),
    result: z.unknown().optional(),
    error: z.string().nullish(),
    images: z.array(z.object({ image_id: ids.image, media_type: mediaType })).optional().describe('Images of the result; in it, {"type":"image","image":1} stands for the first'),
    value_id: z.string().optional().describe('Set where `result` is only the beginning: all of it is at /v1/sessions/{session_id}/tool-results/{tool_call_id}'),
  })
  .meta({ id: 'ToolResultPart', description: 'Tool result content (result of tool execution)' })
export type ToolResultPart = z.output<typeof toolResultPart>

/** Every part a message can hold. */
export const contentPart = z
  .discriminatedUnion('type', [textPart.extend({ text: z.string() }).meta({ id: 'MessageTextPart', description: 'Text content', ...asSent }), imagePart, imageFilePart, toolCallPart, toolResultPart])
  .meta({ id: 'ContentPart' })
export type ContentPart = z.output<typeof contentPart>

/** True when a text takes at most `bytesMax` bytes as UTF-8; counts only when its length leaves it open. */
export function utf8BytesAtMost(text: string, bytesMax: number): boolean {
  if (text.length * 3 <= bytesMax) return true
  if (text.length > bytesMax) return false
  return new TextEncoder().encode(text).length <= bytesMax
}

function describeUrlProblem(url: string): string | null {
  if (url.length > 2048) return 'must be at most 2048 characters'
  if (!URL.canParse(url)) return 'must be an absolute https url'
  const { protocol, username, password } = new URL(url)
  if (protocol !== 'https:') return `must be an https url, got ${protocol}`
  if (username || password) return 'must not contain a user name or password'
  return null
}
