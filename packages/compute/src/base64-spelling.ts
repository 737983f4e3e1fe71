/**
 * JSON lets a writer escape any character, and some writers do so within base64: PHP writes `/` as `\/`, .NET `+` as
 * `\u002B`, Gson `=` as `\u003d`. So that the very text can be put back, the stored reference that stands for the base64
 * is spelled likewise: its `/`, `m` and `;` are escaped as `/`, `+` and `=` were. A parser reads the same reference.
 */

/** For each of the three characters, which of its spellings is used: an index into `listSpellings`. */
export type Base64Spelling = readonly [number, number, number]

const base64Characters = ['/', '+', '='] as const
/** Characters of a reference whose escapes have a hex letter too, so that its case is kept as well. */
const referenceCharacters = ['/', 'm', ';'] as const

/** The spelling of base64 as it stands in JSON text, or null where one character is spelled in two ways. */
export function readBase64Spelling(raw: string, base64: string): Base64Spelling | null {
  const spelling = readSpelling(raw, base64Characters)
  return spellBase64(base64, spelling) === raw ? spelling : null
}

export function spellBase64(base64: string, spelling: Base64Spelling): string {
  return spell(base64, base64Characters, spelling)
}

export function readReferenceSpelling(raw: string): Base64Spelling {
  return readSpelling(raw, referenceCharacters)
}

export function spellReference(reference: string, spelling: Base64Spelling): string {
  return spell(reference, referenceCharacters, spelling)
}

type ThreeCharacters = readonly [string, string, string]

function readSpelling(raw: string, characters: ThreeCharacters): Base64Spelling {
  // Nearly every writer escapes none of them, and one look through 7 MB is enough to know.
  if (!raw.includes('\\')) return [0, 0, 0]
  const find = (character: string) => Math.max(0, listSpellings(character).findLastIndex((written) => raw.includes(written)))
  return [find(characters[0]), find(characters[1]), find(characters[2])]
}

function spell(text: string, characters: ThreeCharacters, spelling: Base64Spelling): string {
  return characters.reduce((spelled, character, index) => {
    const choice = spelling[index]!
    // A reader of stored text may meet an index that this character does not have only if the text was damaged.
    return choice === 0 ? spelled : spelled.replaceAll(character, listSpellings(character)[choice] ?? character)
  }, text)
}

function listSpellings(character: string): string[] {
  const hex = character.charCodeAt(0).toString(16).padStart(4, '0')
  const escapes = [`\\u${hex}`, `\\u${hex.toUpperCase()}`]
  return character === '/' ? [character, ...escapes, '\\/'] : [character, ...escapes]
}
