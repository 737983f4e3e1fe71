/**
 * A regular expression that finds a text anywhere in another, in upper or lower case. It names both cases of every
 * letter itself: what PostgreSQL folds by its own means depends on the database's locale, and in "C" is ASCII alone.
 */
export function writeSearchPattern(text: string): string {
  return Array.from(text, writeCharacter).join('')
}

function writeCharacter(character: string): string {
  const cases = [...new Set([character, character.toLowerCase(), character.toUpperCase()])].filter((form) => [...form].length === 1)
  if (cases.length > 1) return `[${cases.join('')}]`
  // In front of punctuation a backslash takes its meaning away; in front of a letter or digit it would give one.
  return /[!-/:-@[-`{-~]/.test(character) ? `\\${character}` : character
}
