/** One event of a stream. Those with `isDelta` are what a pace slows down. */
export interface StreamEvent {
  /** As JSON, or as it is when it is a string. Half a surrogate pair is escaped, as by the servers that stream it. */
  data: unknown
  event?: string
  isDelta?: boolean
}

export function writeEvent({ event, data }: StreamEvent): string {
  return `${event ? `event: ${event}\n` : ''}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`
}
