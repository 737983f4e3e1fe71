import { limits } from '@reprise/contract'
import { z } from 'zod'

/** What a list is searched for. */
export const searchText = z
  .string()
  .max(limits.searchCharactersMax, `must be at most ${limits.searchCharactersMax} characters`)
  .refine((text) => text.trim() !== '', 'must not be empty')
