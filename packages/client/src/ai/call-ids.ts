/** A model's call ids are unique within a turn only; a chat looks for them in all its messages. */
export function toToolCallId(turnId: string, callId: string): string {
  return `${turnId}:${callId}`
}

/** The turn's own id of a call that a chat shows; null for a call of another turn. */
export function toCallId(turnId: string, toolCallId: string): string | null {
  return toolCallId.startsWith(`${turnId}:`) ? toolCallId.slice(turnId.length + 1) : null
}
