import { limits } from '@reprise/contract'

/** An image within a tool's result, not yet looked at. */
export interface ResultImage {
  base64: string
  /** The type that it is said to be, where it says one. */
  declared: string | null
  /** Puts something else in its place. */
  replace(by: unknown): void
}

interface Found {
  base64: string
  declared: string | null
}

const dataUrlStart = /^data:(image\/[a-z0-9.+-]{1,64});base64,/i

/**
 * Finds the images of a JSON value, in order: parts as MCP writes them (`data`, `mimeType`), as Anthropic does
 * (`source`), as OpenAI does (`image_url`), and any text that is a whole `data:` url of an image. What they stand in is
 * changed by `replace`, so the value must be the finder's own.
 */
export function* findResultImages(root: { value: unknown }): Generator<ResultImage> {
  yield* findWithin(root, 'value', 0)
}

function* findWithin(holder: object, key: string | number, depth: number): Generator<ResultImage> {
  const slots = holder as Record<string | number, unknown> // an object or array, by one of its own keys
  const value = slots[key]
  const found = readImage(value)
  if (found) {
    const replace = (by: unknown) => void (slots[key] = by)
    yield { ...found, replace }
  } else if (typeof value === 'object' && value !== null && depth < limits.jsonDepthMax) {
    if (Array.isArray(value)) for (let index = 0; index < value.length; index++) yield* findWithin(value, index, depth + 1)
    else for (const name of Object.keys(value)) yield* findWithin(value, name, depth + 1)
  }
}

function readImage(value: unknown): Found | null {
  if (typeof value === 'string') return readDataUrl(value)
  if (typeof value !== 'object' || value === null || !('type' in value)) return null
  if (value.type === 'image_url' && 'image_url' in value) {
    const { image_url } = value
    return readDataUrl(typeof image_url === 'object' && image_url !== null && 'url' in image_url ? image_url.url : image_url)
  }
  if (value.type !== 'image') return null
  if ('data' in value && 'mimeType' in value) return readTyped(value.data, value.mimeType)
  if (!('source' in value)) return null
  const { source } = value
  const isBase64 = typeof source === 'object' && source !== null && 'type' in source && source.type === 'base64'
  return isBase64 && 'data' in source && 'media_type' in source ? readTyped(source.data, source.media_type) : null
}

function readTyped(data: unknown, type: unknown): Found | null {
  if (typeof data !== 'string' || typeof type !== 'string') return null
  // Some tools put a whole url where the base64 belongs.
  return readDataUrl(data) ?? { base64: data, declared: type }
}

function readDataUrl(text: unknown): Found | null {
  if (typeof text !== 'string' || !text.startsWith('data:')) return null
  const start = dataUrlStart.exec(text)
  return start ? { base64: text.slice(start[0].length), declared: start[1]!.toLowerCase() } : null
}
