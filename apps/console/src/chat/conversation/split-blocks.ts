const fence = /^ {0,3}(`{3,}|~{3,})/
const continues = /^(\s+\S|[-*+] |\d+[.)] )/

/**
 * Cuts markdown at its blank lines, where a block certainly ends: so that of a growing text only the last block is read
 * again. The pieces end to end are the text.
 */
export function splitBlocks(text: string): string[] {
  const blocks: string[] = []
  let block = ''
  let openFence: string | null = null
  let isAfterBlank = false
  let isList = false
  for (const line of text.split(/(?<=\n)/)) {
    const mark = fence.exec(line)?.[1]
    const isBlank = line.trim() === ''
    // Items of a list, and what is indented below one, may go on behind a blank line.
    if (openFence === null && isAfterBlank && !isBlank && !(isList && continues.test(line))) {
      blocks.push(block)
      block = ''
      isList = false
    }
    if (block.trim() === '') isList = /^([-*+] |\d+[.)] )/.test(line)
    if (mark !== undefined) openFence = openFence === null ? mark : mark.startsWith(openFence) && line.trim() === mark ? null : openFence
    block += line
    isAfterBlank = isBlank && openFence === null
  }
  if (block !== '') blocks.push(block)
  return blocks
}
