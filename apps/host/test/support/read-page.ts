import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Block {
  section: string
  language: string
  text: string
  /** Of the page, from 1. */
  line: number
}

export interface Page {
  sections: string[]
  blocks: Block[]
}

/** The sections of docs/api.md and the blocks in them, in the order of the page. */
export function readPage(): Page {
  const page: Page = { sections: [], blocks: [] }
  const lines = readFileSync(join(import.meta.dirname, '../../../../docs/api.md'), 'utf8').split('\n')
  let block: Block | null = null
  for (const [index, line] of lines.entries()) {
    if (block && line === '```') block = null
    else if (block) block.text += `${line}\n`
    else if (line.startsWith('## ')) page.sections.push(line.slice(3))
    else if (line.startsWith('```')) page.blocks.push((block = { section: page.sections.at(-1) ?? '', language: line.slice(3), text: '', line: index + 1 }))
  }
  return page
}
