import { Buffer } from 'node:buffer'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Compute, WebPage, WebPageOptions } from '../src/index.ts'
import { createCompute } from '../src/index.ts'

let compute: Compute
beforeAll(() => {
  // How long it takes on a busy machine says nothing of its bounds.
  compute = createCompute({ threads: 1, taskTimeoutMs: 120_000 })
})
afterAll(() => compute.stop())

async function convert(page: string | Uint8Array, options: Partial<WebPageOptions> = {}): Promise<WebPage> {
  const defaults = { url: 'https://example.org/guide/harbour/', charset: null, form: 'html', start: 0, charactersMax: 1_000_000 } as const
  const result = await compute.convertWebPage(Buffer.from(page as string), { ...defaults, ...options })
  if (!result.ok) throw new Error(result.refusal.message)
  return result.value
}

const sentence = 'The harbour of the old town was rebuilt in 1907 after the great storm, and its quays are open to walkers all year.'
const paragraph = `${sentence} ${sentence} ${sentence}`

function article(inside: string): string {
  return `<!doctype html><html><head><title>Harbour &amp; quays</title><style>p{}</style><script>var a = "<p>no</p>"</script></head><body>
<header><nav><ul><li><a href="/">Home</a></li><li><a href="/about">About us</a></li></ul></nav></header>
<main><article><h1>The harbour</h1><p>${paragraph}</p>${inside}<p>${paragraph}</p></article></main>
<footer><p>Imprint and privacy</p></footer></body></html>`
}

describe('an article', () => {
  it('comes without menus, footer, scripts and styles', async () => {
    const { title, text, characters } = await convert(article(''))
    expect(title).toBe('Harbour & quays')
    expect(text).toBe(`## The harbour\n\n${paragraph}\n\n${paragraph}`)
    expect(characters).toBe(text.length)
  })

  it.each([
    ['a table', '<table><thead><tr><th>Day</th><th>Opens</th></tr></thead><tbody><tr><td>Monday</td><td>9 | 10</td></tr><tr><td>Tuesday<td><b>8</b></table>',
      '| Day | Opens |\n| --- | --- |\n| Monday | 9 \\| 10 |\n| Tuesday | **8** |'],
    ['a table in a table', `<table><tr><td><table><tr><td>a</td><td>b</td></tr></table></td><td>words</td></tr></table>`, '| a | b |\n| --- | --- |\n\nwords'],
    ['code', '<pre><code class="language-js">if (a &lt; 2)\n  b()\n</code></pre>', '```js\nif (a < 2)\n  b()\n```'],
    ['code with fences of its own', '<pre>```\nx\n```</pre>', '````\n```\nx\n```\n````'],
    ['lists', '<ul><li>One<ul><li>Inner</li></ul></li><li>Two</ul><ol start="3"><li>three<li>four</ol>', '-   One\n    -   Inner\n-   Two\n\n3.  three\n4.  four'],
    ['links', '<p><a href="../quays?x=1&amp;y=2">quays</a>, <a href="javascript:alert(1)">nothing</a>, <a href="#a">here</a></p>',
      '[quays](https://example.org/guide/quays?x=1&y=2), nothing, [here](https://example.org/guide/harbour/#a)'],
    ['images', '<p><img src="a.png" alt="A quay"><img src="data:image/png;base64,AAAA" alt="inline"></p>', '![A quay](https://example.org/guide/harbour/a.png)'],
    ['entities', '<p>caf&eacute; &copy; 2020 &#8364;5 &amp;lt;</p>', 'café © 2020 €5 &lt;'],
    ['a quotation', '<blockquote><p>Quoted.</p><p>Twice.</p></blockquote>', '> Quoted.\n> \n> Twice.'],
  ])('keeps %s', async (_name, html, markdown) => {
    const { text } = await convert(article(html))
    expect(text.split(`${paragraph}`)[1]!.trim().replace(/ +$/gm, '')).toBe(markdown.replace(/ +$/gm, ''))
  })

  it('has its links resolved by the base that it names', async () => {
    const { text } = await convert('<html><head><base href="https://other.example/d/"></head><body><a href="e">there</a></body></html>')
    expect(text).toBe('[there](https://other.example/d/e)')
  })
})

describe('a page without an article', () => {
  it('is shown whole, without its menus', async () => {
    const links = Array.from({ length: 5 }, (_, index) => `<p><a href="/l/${index}">Link ${index}</a></p>`).join('')
    const { title, text } = await convert(`<html><title>Links</title><body><nav>menu</nav><h1>All</h1>${links}<footer>foot</footer></body></html>`)
    expect(title).toBe('Links')
    expect(text).toBe(['# All', ...Array.from({ length: 5 }, (_, index) => `[Link ${index}](https://example.org/l/${index})`)].join('\n\n'))
  })

  it.each([
    ['words without a tag', 'just <b>words</b>, 1 < 2', 'just **words**, 1 < 2'],
    ['nothing', '', ''],
    ['an empty body', '<html><body></body></html>', ''],
    ['a page that is cut', '<html><body><p>Begun <a href="x', 'Begun'],
  ])('may be %s', async (_name, html, text) => {
    expect((await convert(html)).text).toBe(text)
  })
})

describe('the text of a page', () => {
  it.each([
    ['utf-8 by default', Buffer.from('Zoë ☕'), null, 'Zoë ☕'],
    ['what the header says', Buffer.from('Zo\xeb', 'latin1'), 'iso-8859-1', 'Zoë'],
    ['what the page says', Buffer.from('<meta charset="windows-1251"><p>\xcf\xf0\xe8\xe2\xe5\xf2', 'latin1'), null, 'Привет'],
    ['what its mark says', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('Zoë', 'utf16le')]), 'utf-8', 'Zoë'],
    ['what its bytes can be', Buffer.from('Zo\xeb', 'latin1'), null, 'Zoë'],
    ['utf-8 when the header names nothing known', Buffer.from('Zoë'), 'klingon', 'Zoë'],
  ])('is decoded as %s', async (_name, bytes, charset, text) => {
    expect((await convert(bytes, { charset })).text).toBe(text)
  })

  it('that is not HTML stays as it is, and comes in the parts that are asked for', async () => {
    const whole = '{"a": "<b>",\n  "b": "😀"}'
    expect(await convert(whole, { form: 'text' })).toEqual({ title: null, text: whole, characters: whole.length })
    const inside = whole.indexOf('😀') + 1
    const [first, second] = [await convert(whole, { form: 'text', charactersMax: inside }), await convert(whole, { form: 'text', start: inside })]
    expect(first.text + second.text).toBe(whole)
    expect(first.text.isWellFormed()).toBe(true)
    expect((await convert(whole, { form: 'text', start: 1_000 })).text).toBe('')
  })
})

describe('a hostile page', () => {
  const many = (text: string) => text.repeat(Math.floor(10_000_000 / text.length))
  it.each([
    ['nested divs', `${many('<div>')}words`, /^words$/],
    ['nested divs that are closed', `${'<div>'.repeat(900_000)}words${'</div>'.repeat(900_000)}`, /^words$/],
    ['attributes', `<p ${Array.from({ length: 900_000 }, (_, index) => `a${index}=1`).join(' ')}>words</p>`, /^words$/],
    ['one long attribute', `<p title="${many('x')}">words</p>`, /^words$/],
    ['spaces within a tag', `words<p ${many(' ')}`, /^words$/],
    ['spaces', `words${many(' ')}<p>more`, /^words\n\nmore$/],
    ['a script that does not end', `words<script>${many('<p>')}`, /^words$/],
    ['comments that do not end', `words${many('<!--')}`, /^words$/],
    ['closing tags', `words${many('</div>')}`, /^words$/],
    ['open quotes', `words${many('<p title="')}`, /^words/],
    ['lists in lists', `words${many('<ul><li>x')}`, /^words/],
    ['tables in tables', `words${many('<table><tr><td>x')}`, /words|x/],
    ['rows that nothing closes', `words${many('<li><td>')}`, /^words/],
    ['links', many('<a href="/x">y</a>'), /^\[y\]/],
  ])('of ten megabytes of %s takes bounded time and memory', async (_name, html, expected) => {
    expect((await convert(html, { charactersMax: 1_000 })).text).toMatch(expected)
  }, 120_000)

  it.each([
    ['spaces that tags part', `<pre>x${`${' '.repeat(63)}</b>`.repeat(15_800)}</pre>words`, /^```\nx\n```\n\nwords$/],
    ['spaces that tags part, with words at their end', `<pre>x${`${' '.repeat(63)}</b>`.repeat(15_800)}y</pre>`, /^```\nx +y\n```$/],
    ['spaces that elements part', `<p>x${`<i>${'\u00a0'.repeat(63)}</i>`.repeat(14_000)}y</p>`, /^x\s+y$/],
    ['spaces that are entities', `<pre>x${'&#32;'.repeat(190_000)}y</pre>words`, /^```\nx +y\n```\n\nwords$/],
    ['spaces that are entities in a cell', `<table><tr><td>x${'&nbsp;'.repeat(160_000)}y</td><td>z</td></tr></table>`, /^\| x\s+y \| z \|/],
  ])('of long runs of %s takes about as long as one of as many words', async (_name, html, expected) => {
    const measure = async (page: string) => {
      // By the processor's clock: what else the machine does says nothing of the page.
      const before = process.cpuUsage()
      const { text } = await convert(page)
      const { user, system } = process.cpuUsage(before)
      return { text, ms: (user + system) / 1_000 }
    }
    // Each entity has its price, whatever it stands for.
    const words = await measure(html.replace(/&#32;|&nbsp;/g, '&lt;').replace(/[ \u00a0]/g, 'x'))
    const spaces = await measure(html)
    expect(spaces.text).toMatch(expected)
    expect(spaces.ms).toBeLessThan(2 * words.ms + 2_000)
  }, 120_000)
})
