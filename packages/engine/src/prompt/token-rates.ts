import type { TextRates } from './estimate-text.ts'

/** What a provider's models make of a prompt, in tokens. */
export interface TokenRates {
  text: TextRates
  /** An image at the size that it is sent in: its pixels are not known before it is loaded. */
  image: number
  /** Role and delimiters. */
  message: number
  /** What is around a call's name and arguments, or a result, its id included. */
  toolPart: number
  /** What the vendor itself says about tools once there are any. */
  tools: number
}

/*
 * Each set is an upper estimate. It was held against tokenizers that are public, on prose, chat, source code, JSON, CSV,
 * logs and a dozen languages: `text-samples.ts` beside its tests has the counts. Prose comes out 10 to 15 % high, code and JSON
 * 20 to 30 %; only random letters, such as base64, come out low.
 */

/** o200k_base, with 5 % on top. */
const openai: TextRates = { piece: 1.05, longWordLetter: 0.18, accented: 0.55, alphabetic: 0.34, complex: 0.5, cjk: 1, hangul: 0.9, sign: 1.05, emoji: 2.3, other: 2.1 }

/** The public tokenizer of Claude 2, with 25 % on top: later models make up to a third more tokens of the same text. */
const anthropic: TextRates = { piece: 1.33, longWordLetter: 0.31, accented: 2.6, alphabetic: 0.8, complex: 2.4, cjk: 1.6, hangul: 1.75, sign: 1.65, emoji: 3.75, other: 3.75 }

/** Any vocabulary: cl100k_base, which is weak in all scripts but Latin, with 10 % on top. */
const unknown: TextRates = { piece: 1.1, longWordLetter: 0.28, accented: 2, alphabetic: 0.55, complex: 1.32, cjk: 1.45, hangul: 1.45, sign: 1.45, emoji: 3.3, other: 3.3 }

const ratesOfUnknown: TokenRates = { text: unknown, image: 2_500, message: 6, toolPart: 24, tools: 200 }

const ratesByType: ReadonlyMap<string, TokenRates> = new Map([
  // The most that a picture costs at high detail: 1,536 patches, weighted.
  ['openai', { text: openai, image: 2_500, message: 4, toolPart: 16, tools: 50 }],
  // The most that a picture costs the models with the sharpest eyes; a page of a book at 1,568 pixels is a third of it.
  ['anthropic', { text: anthropic, image: 4_800, message: 5, toolPart: 32, tools: 600 }],
  ['sim', { text: openai, image: 250, message: 0, toolPart: 0, tools: 0 }],
])

export function tokenRatesOf(providerType: string): TokenRates {
  return ratesByType.get(providerType) ?? ratesOfUnknown
}
