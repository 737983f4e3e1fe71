import type { LanguageModelV4, SharedV4ProviderOptions } from '@ai-sdk/provider'
import type { ImageLimits, ModelCall } from '../model-provider.ts'

/** What differs between the vendors that the AI SDK speaks to. Everything else is the same for all of them. */
export interface Vendor {
  /** Under this key the SDK's options and metadata of the vendor stand. */
  namespace: string
  /** The vendor's own address, or null when every server has one of its own: then `base_url` must say it. */
  address: string | null
  /** False: servers without a key are common. */
  needsKey: boolean
  images: ImageLimits
  /** False: its tool results are text, so that their images follow as a message of the user. */
  takesImagesInResults: boolean
  /**
   * Thinking without a signature, or another mark of the vendor's. `kept`: it is of use to the model until the turn is
   * over. `dropped`: it would be refused.
   */
  unsignedThinking: 'kept' | 'dropped'
  /**
   * Whether the vendor takes a block of thinking back, by what it gave with this block and with all of the answer's.
   * Without it, any signature or other mark of the vendor's will do.
   */
  isUsable?: (own: VendorMarks, all: readonly VendorMarks[]) => boolean
  /** Marks the end of a part of the prompt that is to be cached, where the vendor wants to be told. */
  cacheMark?: SharedV4ProviderOptions
  /** Call ids as the vendor takes them: they may come from another model. */
  toCallId?: (id: string) => string
  /** Makes the SDK's model of a name. `fetch` and the address must be passed on: else the SDK takes its own ways out. */
  connect(settings: VendorSettings): (model: string) => LanguageModelV4
  /** The vendor's own options for one call, under its namespace. Reasoning effort is the SDK's to map. */
  chooseOptions?: (call: ModelCall) => SharedV4ProviderOptions[string]
  /** Whether its tools are to say that their schemas are not to be made strict. */
  declaresLooseTools?: boolean
}

/** What came with thinking, under the vendor's namespace. */
export type VendorMarks = SharedV4ProviderOptions[string]

interface VendorSettings {
  baseURL: string
  /** Empty when there is none: an absent one the SDK would look for in the environment. */
  apiKey: string
  fetch: typeof fetch
}
