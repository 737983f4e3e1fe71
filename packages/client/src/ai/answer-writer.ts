import type { UIMessageChunk } from 'ai'

type Kind = 'text' | 'reasoning'

/**
 * The parts of one model call's answer while it streams. One step per call: so what an answer that starts anew had shown
 * before is taken back with `reset-step`, and nothing else is.
 */
export class AnswerWriter {
  readonly #turnId: string
  #parts = 0
  #isOpen = false
  #part: { kind: Kind; id: string } | null = null
  /** Of the answer's text and of its present piece of thinking. */
  readonly #shown: Record<Kind, string> = { text: '', reasoning: '' }
  #hasBegunText = false

  constructor(turnId: string) {
    this.#turnId = turnId
  }

  open(): UIMessageChunk[] {
    if (this.#isOpen) return []
    this.#isOpen = true
    return [{ type: 'start-step' }]
  }

  /** The model starts again: nothing that it has said of this answer holds. */
  restart(): UIMessageChunk[] {
    if (!this.#isOpen) return []
    this.#part = null
    this.#shown.text = this.#shown.reasoning = ''
    this.#hasBegunText = false
    return [{ type: 'reset-step' }]
  }

  /** The text, or a piece of thinking: one of several, before the text or within it. A second text is the first one, started again. */
  begin(kind: Kind): UIMessageChunk[] {
    const chunks = kind === 'text' && this.#hasBegunText ? this.restart() : this.#end()
    this.#shown[kind] = ''
    if (kind === 'text') this.#hasBegunText = true
    return [...this.open(), ...chunks]
  }

  add(kind: Kind, delta: string): UIMessageChunk[] {
    if (delta === '') return []
    const chunks: UIMessageChunk[] = this.open()
    if (this.#part?.kind !== kind) {
      chunks.push(...this.#end())
      this.#part = { kind, id: `${this.#turnId}:${++this.#parts}` }
      chunks.push({ type: `${kind}-start`, id: this.#part.id })
    }
    this.#shown[kind] += delta
    return [...chunks, { type: `${kind}-delta`, id: this.#part.id, delta }]
  }

  /** Ends what was begun, whose whole text this is: of what was said long ago, the deltas may be gone. */
  complete(kind: Kind, whole: string): UIMessageChunk[] {
    const shown = this.#shown[kind]
    if (whole.startsWith(shown)) return [...this.add(kind, whole.slice(shown.length)), ...this.#end()]
    return [...this.restart(), ...this.add(kind, whole), ...this.#end()]
  }

  close(): UIMessageChunk[] {
    if (!this.#isOpen) return []
    const chunks = this.#end()
    this.#isOpen = this.#hasBegunText = false
    this.#shown.text = this.#shown.reasoning = ''
    return [...chunks, { type: 'finish-step' }]
  }

  #end(): UIMessageChunk[] {
    const part = this.#part
    this.#part = null
    return part ? [{ type: `${part.kind}-end`, id: part.id }] : []
  }
}
