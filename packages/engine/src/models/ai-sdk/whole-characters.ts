/** Passes text on in whole characters: the first half of a surrogate pair waits for its second, which may come next. */
export class WholeCharacters {
  #held = ''

  take(delta: string): string {
    const text = this.#held + delta
    const last = text.charCodeAt(text.length - 1)
    const isHalf = last >= 0xd800 && last <= 0xdbff
    this.#held = isHalf ? text.slice(-1) : ''
    return isHalf ? text.slice(0, -1) : text
  }

  /** The half that never got its second. */
  flush(): string {
    const rest = this.#held
    this.#held = ''
    return rest
  }
}
