/** What messages are searched for, as PostgreSQL is asked. */
export interface Search {
  /** In the syntax of websearch_to_tsquery, of plain words only. */
  websearch: string
  /** LIKE patterns, of lower-case ASCII: every text that matches is like each of these … */
  all_like: string[]
  /** … and, unless this is null, like one of these. */
  any_like: string[] | null
}

interface Term {
  isExcluded: boolean
  /** More than one: they follow one another. */
  words: string[]
}

/** Punctuation separates words, in a search as in what is searched: `text_words` in migrations/0014 has the same 32 characters. */
const separators = /[\s!-/:-@[-`{-~]+/

/**
 * Reads a search as people type it into search engines: words that must all be there, `"a phrase"`, `-without`, `or`.
 * Nothing is a mistake. Null for a search without a word in it, which finds nothing.
 */
export function parseSearch(q: string): Search | null {
  const branches = readBranches(q)
  if (branches.length === 0) return null
  const websearch = branches.map((terms) => terms.map(({ isExcluded, words }) => `${isExcluded ? '-' : ''}"${words.join(' ')}"`).join(' ')).join(' or ')
  const needed = branches.map(listNeeded)
  const [only] = needed
  if (branches.length === 1) return { websearch, all_like: only!, any_like: null }
  const longest = needed.map((patterns) => patterns.toSorted((a, b) => b.length - a.length)[0])
  return { websearch, all_like: [], any_like: longest.every((pattern) => pattern !== undefined) ? longest : null }
}

/** The alternatives, each with its terms. */
function readBranches(q: string): Term[][] {
  const branches: Term[][] = [[]]
  for (const [, minus, quoted, bare] of q.matchAll(/(-?)"([^"]*)"?|([^\s"]+)/g)) {
    if (bare?.toLowerCase() === 'or') {
      branches.push([])
      continue
    }
    const words = (quoted ?? bare ?? '').split(separators).filter((word) => word !== '')
    if (words.length > 0) branches.at(-1)!.push({ isExcluded: minus === '-' || bare?.startsWith('-') === true, words })
  }
  return branches.filter((terms) => terms.length > 0)
}

function listNeeded(terms: readonly Term[]): string[] {
  const words = terms.filter(({ isExcluded }) => !isExcluded).flatMap((term) => term.words)
  return words.map(findPattern).filter((pattern) => pattern !== null)
}

/** A part of a word that has no other spelling: its longest run of ASCII, or all of a word without upper and lower case. */
function findPattern(word: string): string | null {
  const runs = word.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase()).match(/[a-z0-9]+/g)
  if (runs) return `%${runs.reduce((longest, run) => (run.length > longest.length ? run : longest))}%`
  return /^[\p{L}\p{N}]+$/u.test(word) && word.toLowerCase() === word.toUpperCase() ? `%${word}%` : null
}
