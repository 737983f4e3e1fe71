import type { Event } from '@reprise/contract'

export interface Frame {
  event: string
  id: string | null
  retry: string | null
  data: Event & Record<string, unknown>
}

export interface EventStreamClient {
  response: Response
  /** Every chunk of bytes as it arrived, and when. */
  chunks: { text: string; at: number }[]
  /** The next frame; null when the stream has ended. */
  next(): Promise<Frame | null>
  /** Frames up to and including the first of a type. */
  until(type: string): Promise<Frame[]>
  /** All the frames until the server ends the stream. */
  rest(): Promise<Frame[]>
  close(): void
}

/** A plain reader of server-sent events, which sees chunks and comments as they come. */
export async function openStream(url: string, headers: Record<string, string> = {}): Promise<EventStreamClient> {
  const controller = new AbortController()
  const response = await fetch(url, { headers: { authorization: 'test', ...headers }, signal: controller.signal })
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`)
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  const chunks: EventStreamClient['chunks'] = []
  let buffered = ''

  async function next(): Promise<Frame | null> {
    for (;;) {
      const end = buffered.indexOf('\n\n')
      if (end >= 0) {
        const text = buffered.slice(0, end)
        buffered = buffered.slice(end + 2)
        if (text.startsWith(':')) continue
        return parseFrame(text)
      }
      const { done, value } = await reader.read()
      if (done) return null
      chunks.push({ text: value, at: performance.now() })
      buffered += value
    }
  }

  async function collect(isLast: (frame: Frame) => boolean): Promise<Frame[]> {
    const frames: Frame[] = []
    for (let frame = await next(); frame !== null; frame = await next()) {
      frames.push(frame)
      if (isLast(frame)) break
    }
    return frames
  }

  return {
    response,
    chunks,
    next,
    until: (type) => collect((frame) => frame.event === type),
    rest: () => collect(() => false),
    close: () => controller.abort(),
  }
}

/** The session's events from its first, or those after a sequence, up to the first of a type, as they come. */
export async function readUntil(url: string, sessionId: string, type: string, { after = 0 } = {}): Promise<Event[]> {
  const stream = await openStream(`${url}/v1/sessions/${sessionId}/sse`)
  const frames: Frame[] = []
  do frames.push(...(await stream.until(type)))
  while (frames.at(-1)!.data.sequence <= after)
  stream.close()
  return frames.filter(({ data }) => after === 0 || data.sequence > after).map((frame) => frame.data).filter((event) => event.id !== undefined)
}

function parseFrame(text: string): Frame {
  const fields = new Map(text.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trimStart()]))
  return { event: fields.get('event') ?? '', id: fields.get('id') ?? null, retry: fields.get('retry') ?? null, data: JSON.parse(fields.get('data') ?? 'null') }
}
