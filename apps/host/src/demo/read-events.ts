import type { Event, EventData, EventType } from '@reprise/contract'

/** An event whose type says what is in its data. */
export type KnownEvent = { [T in EventType]: Omit<Event, 'type' | 'data'> & { type: T; data: EventData[T] } }[EventType]

/** The events of a stream, in order. What has no id is about the connection, and no event. */
export async function* readEvents({ body }: Response): AsyncGenerator<KnownEvent, void, undefined> {
  if (!body) return
  let rest = ''
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const frames = (rest + text).split('\n\n')
    rest = frames.pop()!
    for (const frame of frames) {
      const fields = new Map(frame.split('\n').map(splitField))
      if (fields.has('id')) yield JSON.parse(fields.get('data')!) as KnownEvent // the server's own contract
    }
  }
}

function splitField(line: string): [name: string, value: string] {
  const colon = line.indexOf(': ')
  return [line.slice(0, colon), line.slice(colon + 2)]
}
