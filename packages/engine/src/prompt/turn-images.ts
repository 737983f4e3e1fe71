import { AppError } from '@reprise/contract'
import { readImageBytes, type Database } from '@reprise/store'
import { ModelError } from '../models/model-error.ts'
import type { ImageLimits, LoadedImage, PromptImage, PromptText } from '../models/model-provider.ts'
import type { ModelProviders } from '../models/model-providers.ts'
import type { Turn } from '../turn/turn.ts'
import { fetchImage, type FetchedImage, type FetchServices } from './fetch-image.ts'
import type { FittedImages } from './fitted-images.ts'
import { runPatiently } from '../run-patiently.ts'

export interface ImageServices extends FetchServices {
  db: Database
  providers: ModelProviders
  fittedImages: FittedImages
  limits: { imageFetchMsMax: number }
}

const fetchedAtOnceMax = 4
/** All of a prompt's urls together may take so many times as long as one. */
const fetchTimesMax = 4
/** What a turn keeps of fetched images: more than any vendor takes in one request. */
const fetchedCharactersMax = 64 * 1024 * 1024

/**
 * The images of one run of a turn: each is loaded or fetched once, and fitted to the limits of the turn's provider once,
 * however many calls show it and however many ask at the same time. What was fetched is stored nowhere.
 */
export class TurnImages {
  readonly #services: ImageServices
  readonly #turn: Turn
  /** Of the run: it stops what is under way. */
  readonly #signal: AbortSignal
  readonly #loads = new Map<string, Promise<LoadedImage>>()
  readonly #fetched = new Map<string, FetchedImage>()
  #fetchedCharacters = 0

  constructor(services: ImageServices, turn: Turn, signal: AbortSignal) {
    this.#services = services
    this.#turn = turn
    this.#signal = signal
  }

  /** A stored image within the limits of the turn's provider. */
  load(imageId: string): Promise<LoadedImage> {
    let load = this.#loads.get(imageId)
    if (!load) {
      load = this.#loadNow(imageId)
      this.#loads.set(imageId, load)
      // The next attempt tries again.
      load.catch(() => this.#loads.delete(imageId))
    }
    return load
  }

  /** Fetches what the provider does not fetch itself; each url once, also one that failed. */
  async fetchUrls(urls: readonly string[]): Promise<void> {
    const images = await this.#findLimits()
    if (!images || images.takesUrls) return
    const waiting = [...new Set(urls)].filter((url) => !this.#fetched.has(url))
    const { imageFetchMsMax } = this.#services.limits
    const deadline = performance.now() + fetchTimesMax * imageFetchMsMax
    const fetchNext = async (): Promise<void> => {
      for (let url = waiting.shift(); url !== undefined; url = waiting.shift()) {
        const timeoutMs = Math.min(imageFetchMsMax, deadline - performance.now())
        this.#fetched.set(url, await this.#fetchNow(url, images, timeoutMs))
      }
    }
    await Promise.all(Array.from({ length: fetchedAtOnceMax }, fetchNext))
  }

  /** The url itself, the image that it gave, or in its place a word on why there is none. */
  showUrl(url: string, mediaType = 'image/*'): PromptImage | PromptText {
    const fetched = this.#fetched.get(url)
    if (!fetched) return { type: 'image', media_type: mediaType, url }
    if (!fetched.ok) return { type: 'text', text: `[image could not be fetched: ${fetched.reason}]` }
    const { image } = fetched
    return { type: 'image', media_type: image.media_type, load: () => Promise.resolve(image) }
  }

  /** Lets go of all of it: messages that are still remembered hold this object. */
  letGo(): void {
    this.#loads.clear()
    this.#fetched.clear()
  }

  async #loadNow(imageId: string): Promise<LoadedImage> {
    const { db, compute, providers, fittedImages } = this.#services
    const { organization_id, model } = this.#turn
    const { images } = await providers.find(organization_id, model)
    const key = JSON.stringify([organization_id, imageId, images])
    const known = fittedImages.find(key)
    if (known) return known
    const image = await readImageBytes(db, organization_id, imageId, 'full')
    // A message's images are held by foreign key.
    if (!image) throw new Error(`image ${imageId} of a stored message is gone`)
    const fitted = await runPatiently(() => compute.fitImage(image.bytes, { bounds: images, signal: this.#signal }), this.#signal)
    if (!fitted.ok) throw new AppError(fitted.refusal.code, { detail: `image ${imageId} ${fitted.refusal.message}` })
    fittedImages.keep(key, fitted.value)
    return fitted.value
  }

  async #fetchNow(url: string, images: ImageLimits, timeoutMs: number): Promise<FetchedImage> {
    if (timeoutMs <= 0) return { ok: false, reason: 'the images of this conversation take too long' }
    if (this.#fetchedCharacters >= fetchedCharactersMax) return { ok: false, reason: 'the images of this conversation are too large together' }
    const fetched = await fetchImage(this.#services, url, images, timeoutMs, this.#signal)
    if (fetched.ok) this.#fetchedCharacters += fetched.image.base64.length
    return fetched
  }

  /** Null when the provider cannot be talked to: its call will say why. */
  async #findLimits(): Promise<ImageLimits | null> {
    try {
      return (await this.#services.providers.find(this.#turn.organization_id, this.#turn.model)).images
    } catch (error) {
      if (error instanceof ModelError) return null
      throw error
    }
  }
}
