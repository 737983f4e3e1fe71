/**
 * What a DOM parser may see of a page. Parsers and what works on their trees take time and memory that grow with the
 * depth and the number of elements and attributes, in places by their squares; so this goes through the text once, and
 * leaves out what nobody reads and what is too much. It need not understand a page as a browser does.
 */

const elementsMax = 15_000
const depthMax = 64
const textCharactersMax = 1_000_000
/** Whoever asks each element for its text goes through it once at every level: an element, and a character, costs its depth. */
const elementCostMax = 150_000
const textCostMax = 10_000_000
/** Of those whose contents are indented or set in again at each level. */
const nestingMax = 10
const nesting: ReadonlySet<string> = new Set(['ul', 'ol', 'dl', 'blockquote', 'table'])
/** Patterns that look for the end of a line try each space of a run. */
const spaceRun = /\s{64,}/g

/** Dropped with all they hold. */
const unread: ReadonlySet<string> = new Set(['script', 'style', 'svg', 'math', 'iframe', 'object', 'canvas', 'template', 'select', 'textarea', 'noembed', 'noframes', 'xmp', 'video', 'audio', 'map'])
/** The page's own, of which it gets new ones. */
const frame: ReadonlySet<string> = new Set(['html', 'head', 'body'])
const headTagsMax = 200
const titleCharactersMax = 1000
const voids: ReadonlySet<string> = new Set(['area', 'base', 'br', 'col', 'embed', 'hr', 'img', 'input', 'link', 'meta', 'param', 'source', 'track', 'wbr'])
/** The longest value of each attribute that is kept. */
const attributeCharactersMax: ReadonlyMap<string, number> = new Map([
  ['href', 2048], ['src', 2048], ['alt', 500], ['title', 500], ['class', 200], ['id', 200], ['role', 40], ['hidden', 10], ['aria-hidden', 10],
  ['style', 200], ['colspan', 4], ['start', 10], ['lang', 20], ['dir', 4], ['name', 60], ['property', 60], ['content', 1000], ['itemprop', 60],
])
/** What an opening tag closes when it stands open just above it; the rest of what HTML lets be left out does no harm. */
const cells = ['td', 'th']
const rowGroups = ['thead', 'tbody', 'tfoot']
const closedBy: ReadonlyMap<string, readonly string[]> = new Map([
  ['li', ['li']], ['dt', ['dt', 'dd']], ['dd', ['dt', 'dd']], ['td', cells], ['th', cells], ['tr', ['tr', ...cells]],
  ...rowGroups.map((name): [string, string[]] => [name, [...rowGroups, 'tr', ...cells]]), ['option', ['option']], ['rt', ['rt', 'rp']], ['rp', ['rt', 'rp']],
])
const closesParagraph: ReadonlySet<string> = new Set(['address', 'article', 'aside', 'blockquote', 'div', 'dl', 'fieldset', 'figure', 'footer', 'form', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'header', 'hr', 'main', 'nav', 'ol', 'p', 'pre', 'section', 'table', 'ul'])

const tagStart = /<(\/?)([a-zA-Z][a-zA-Z0-9:-]{0,40})/y
const beforeAttribute = /[\s/]*/y
const attribute = /([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?/y

export interface SlimHtml {
  html: string
  /** There was more than anything is made of. */
  isCut: boolean
}

export function slimHtml(html: string): SlimHtml {
  const head: string[] = []
  const pieces: string[] = []
  const open: string[] = []
  let skipped = 0
  let elements = 0
  let elementCost = 0
  let textCost = 0
  let characters = 0
  let at = 0
  while (at < html.length && !isFull()) {
    const tag = html.indexOf('<', at)
    const end = tag < 0 ? html.length : tag
    if (end > at) keepText(html.slice(at, end))
    if (tag < 0) break
    at = readMarkup(tag)
  }
  return { html: `<html><head>${head.join('')}</head><body>${pieces.join('')}</body></html>`, isCut: isFull() }

  function isFull(): boolean {
    return characters >= textCharactersMax || textCost >= textCostMax
  }

  function keepText(text: string): void {
    const kept = text.slice(0, textCharactersMax - characters).replace(spaceRun, (run) => run.slice(0, 64))
    pieces.push(kept)
    characters += kept.length
    textCost += kept.length * open.length
  }

  function keepSpace(): void {
    if (pieces.at(-1) !== ' ') pieces.push(' ')
  }

  /** Answers where the text goes on. */
  function readMarkup(start: number): number {
    if (html.startsWith('<!--', start)) return skipPast('-->', start + 4)
    if (html[start + 1] === '!' || html[start + 1] === '?') return skipPast('>', start)
    tagStart.lastIndex = start
    const match = tagStart.exec(html)
    if (!match) {
      keepText('&lt;')
      return start + 1
    }
    const name = match[2]!.toLowerCase()
    if (match[1] === '/') {
      keepClosing(name)
      return skipPast('>', tagStart.lastIndex)
    }
    if (unread.has(name)) return skipElement(name, tagStart.lastIndex)
    const { kept, next } = readAttributes(tagStart.lastIndex)
    // A tag that does not end is where the page was cut.
    if (kept === null) return next
    if (name === 'title') return keepTitle(next)
    if (name === 'meta' || name === 'base') keepInHead(`<${name}${kept}>`)
    else if (!frame.has(name)) keepOpening(name, kept)
    return next
  }

  function keepInHead(tag: string): void {
    if (head.length < headTagsMax) head.push(tag)
  }

  function keepTitle(start: number): number {
    const end = html.indexOf('<', start)
    keepInHead(`<title>${html.slice(start, end < 0 ? start : end).slice(0, titleCharactersMax)}</title>`)
    return end < 0 ? html.length : skipElement('title', start)
  }

  function keepOpening(name: string, attributes: string): void {
    if (elements >= elementsMax || elementCost >= elementCostMax) return keepSpace()
    const closes = closedBy.get(name) ?? []
    while (open.length > 0 && (closes.includes(open.at(-1)!) || (open.at(-1) === 'p' && closesParagraph.has(name)))) open.pop()
    if (!voids.has(name)) {
      if (open.length >= depthMax || (nesting.has(name) && open.filter((above) => above === name).length >= nestingMax)) {
        skipped += 1
        return keepSpace()
      }
      open.push(name)
    }
    elements += 1
    elementCost += open.length
    pieces.push(`<${name}${attributes}>`)
  }

  function keepClosing(name: string): void {
    if (skipped > 0) {
      skipped -= 1
      return keepSpace()
    }
    const place = open.lastIndexOf(name)
    if (place < 0) return
    open.length = place
    pieces.push(`</${name}>`)
  }

  function skipPast(text: string, from: number): number {
    const found = html.indexOf(text, from)
    return found < 0 ? html.length : found + text.length
  }

  function skipElement(name: string, from: number): number {
    const closing = new RegExp(`</${name}(?=[\\s/>])`, 'gi')
    closing.lastIndex = from
    const match = closing.exec(html)
    return match ? skipPast('>', match.index) : html.length
  }

  function readAttributes(from: number): { kept: string | null; next: number } {
    const seen = new Set<string>()
    let kept = ''
    let next = from
    for (;;) {
      beforeAttribute.lastIndex = next
      beforeAttribute.exec(html)
      attribute.lastIndex = beforeAttribute.lastIndex
      const match = attribute.exec(html)
      if (!match) break
      next = attribute.lastIndex
      const name = match[1]!.toLowerCase()
      const charactersMax = attributeCharactersMax.get(name)
      if (charactersMax === undefined || seen.has(name)) continue
      seen.add(name)
      const value = match[2] ?? match[3] ?? match[4] ?? ''
      // A link that was cut would lead elsewhere.
      if (value.length > charactersMax && (name === 'href' || name === 'src')) continue
      kept += ` ${name}="${value.slice(0, charactersMax).replaceAll('"', '&quot;')}"`
    }
    const end = html.indexOf('>', next)
    return end < 0 ? { kept: null, next: html.length } : { kept, next: end + 1 }
  }
}
