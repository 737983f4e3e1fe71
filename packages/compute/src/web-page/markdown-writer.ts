import TurndownService from 'turndown'

/** What the rules use of an element, whichever DOM it comes from. */
export interface PageElement {
  textContent: string | null
  children: ArrayLike<PageElement>
  closest(selector: string): PageElement | null
  querySelector(selector: string): PageElement | null
  querySelectorAll(selector: string): ArrayLike<PageElement> & Iterable<PageElement>
  getAttribute(name: string): string | null
  setAttribute(name: string, value: string): void
  removeAttribute(name: string): void
  remove(): void
}

/** Writes elements as GitHub's Markdown: fenced code, tables, no HTML. */
export function createMarkdownWriter(): (element: PageElement) => string {
  const service = new TurndownService({ headingStyle: 'atx', codeBlockStyle: 'fenced', bulletListMarker: '-', emDelimiter: '_', hr: '---' })
  service.remove(['button', 'input', 'noscript', 'meta', 'link', 'title'] as TurndownService.TagName[]) // the types know rendered elements only
  service.addRule('strikethrough', { filter: ['del', 's'], replacement: (content) => (content.trim() === '' ? content : `~~${content}~~`) })
  service.addRule('code', {
    filter: 'pre',
    replacement: (_content, node) => writeCode(node as unknown as PageElement), // of linkedom's DOM
  })
  service.addRule('cell', {
    filter: ['td', 'th'],
    replacement: (content, node) => (readTable(node as unknown as PageElement).isLayout ? `\n\n${content}\n\n` : writeCell(content, node as unknown as PageElement)), // as above
  })
  service.addRule('row', {
    filter: 'tr',
    replacement: (content, node) => (readTable(node as unknown as PageElement).isLayout ? content : writeRow(content, node as unknown as PageElement)), // as above
  })
  service.addRule('rows', { filter: ['thead', 'tbody', 'tfoot'], replacement: (content) => content })
  service.addRule('caption', { filter: 'caption', replacement: (content) => `\n\n${content.trim()}\n\n` })
  service.addRule('table', { filter: 'table', replacement: (content) => `\n\n${content.replace(/^\n+/, '')}\n\n` })
  // Turndown walks any DOM; its types know the browser's.
  return (element) => service.turndown(element as unknown as TurndownService.Node)
}

function writeCode(pre: PageElement): string {
  const text = (pre.textContent ?? '').replace(/^\n/, '').trimEnd()
  if (text === '') return ''
  const classes = `${pre.getAttribute('class') ?? ''} ${pre.querySelector('code')?.getAttribute('class') ?? ''}`
  const language = /(?:^|\s)(?:language|lang|highlight-source)-([\w+#-]+)/.exec(classes)?.[1] ?? ''
  const ticks = Math.max(2, ...(text.match(/`{3,}/g) ?? []).map((run) => run.length))
  const fence = '`'.repeat(ticks + 1)
  return `\n\n${fence}${language}\n${text}\n${fence}\n\n`
}

function writeCell(content: string, cell: PageElement): string {
  const text = content.trim().replace(/(?<!\s)\s*\n\s*/g, ' ').replace(/(?<!\\)\|/g, '\\|')
  const span = Math.min(Math.max(Number(cell.getAttribute('colspan')) || 1, 1), 20)
  return ` ${text} |${'  |'.repeat(span - 1)}`
}

function writeRow(content: string, row: PageElement): string {
  if (content.trim() === '') return ''
  const cells = (content.match(/(?<!\\)\|/g) ?? []).length
  return `\n|${content}${readTable(row).firstRow === row ? `\n|${' --- |'.repeat(cells)}` : ''}`
}

interface TableFacts {
  /** It only puts things in their places: it holds another, or has one column. */
  isLayout: boolean
  firstRow: PageElement | null
}

const noTable: TableFacts = { isLayout: true, firstRow: null }
const tables = new WeakMap<PageElement, TableFacts>()

/** Once for each table: it may have very many cells. */
function readTable(part: PageElement): TableFacts {
  const table = part.closest('table')
  if (!table) return noTable
  const known = tables.get(table)
  if (known) return known
  const firstRow = table.querySelector('tr')
  const facts = { isLayout: table.querySelector('table') !== null || !firstRow || firstRow.children.length < 2, firstRow }
  tables.set(table, facts)
  return facts
}
