import type { LoadedImage } from '../models/model-provider.ts'

/** About 64 MB: base64 has one byte per character. */
const charactersMax = 64 * 1024 * 1024

/**
 * The images that turns of this process used last, as they were sent: a conversation sends the same ones turn after turn.
 * One that was deleted is not asked for again: only messages ask, and no image is deleted while a message shows it.
 */
export class FittedImages {
  readonly #images = new Map<string, LoadedImage>()
  readonly #charactersMax: number
  #characters = 0

  constructor(max = charactersMax) {
    this.#charactersMax = max
  }

  find(key: string): LoadedImage | null {
    const image = this.#images.get(key)
    if (!image) return null
    // The map keeps the order of use: the first is the one that was used longest ago.
    this.#images.delete(key)
    this.#images.set(key, image)
    return image
  }

  keep(key: string, image: LoadedImage): void {
    this.#forget(key)
    this.#images.set(key, image)
    this.#characters += image.base64.length
    for (const oldest of this.#images.keys()) {
      if (this.#characters <= this.#charactersMax) break
      this.#forget(oldest)
    }
  }

  #forget(key: string): void {
    this.#characters -= this.#images.get(key)?.base64.length ?? 0
    this.#images.delete(key)
  }
}
