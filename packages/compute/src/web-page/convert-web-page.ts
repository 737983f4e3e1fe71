import { Readability } from '@mozilla/readability'
import { parseHTML } from 'linkedom'
import { decodePage } from './decode-page.ts'
import { createMarkdownWriter } from './markdown-writer.ts'
import type { PageElement } from './markdown-writer.ts'
import { shortenSpaces, type TextWalker } from './shorten-spaces.ts'
import { slimHtml } from './slim-html.ts'
import type { WebPage, WebPageOptions } from './web-page.ts'

/** Less is no article, but what its finder took for one. */
const articleCharactersMin = 250
/** An article is most of its page's words. What is left over is its menus. */
const articleShareMin = 0.2

interface PageDocument extends PageElement {
  body: PageElement
  createTreeWalker(root: PageElement, shown: number): TextWalker
}

/** NodeFilter.SHOW_TEXT, which is the browser's. */
const textsOnly = 4

const writeMarkdown = createMarkdownWriter()

interface ReadPage {
  title: string | null
  text: string
}

/** Makes a page readable, and answers the part of it that is asked for. */
export function convertWebPage(bytes: Uint8Array, options: WebPageOptions): WebPage {
  const { title, text } = readPage(bytes, options)
  const { start, charactersMax } = options
  return { title, text: text.slice(alignToCharacter(text, start), alignToCharacter(text, start + charactersMax)), characters: text.length }
}

/** Its article where it has one, and otherwise all of it without menus. */
function readPage(bytes: Uint8Array, { url, charset, form }: WebPageOptions): ReadPage {
  const text = decodePage(bytes, charset)
  if (form === 'text') return { title: null, text: text.replaceAll('\r\n', '\n') }
  const { html, isCut } = slimHtml(text)
  const page = readHtml(html, url)
  return isCut ? { ...page, text: `${page.text}\n\n[the rest of the page is left out]` } : page
}

function readHtml(html: string, url: string): ReadPage {
  try {
    return readArticle(html, url) ?? readWhole(html, url)
  } catch (error) {
    // Trees can still be built that are too deep for what recurses: their words are read without it.
    if (!(error instanceof RangeError)) throw error
    return { title: null, text: stripTags(html) }
  }
}

function readArticle(html: string, url: string): ReadPage | null {
  const document = parsePage(html, url)
  const characters = countCharacters(document.body)
  // Readability works on any DOM; its types know the browser's.
  const reader = new Readability(document as never, { keepClasses: true, disableJSONLD: true, serializer: (node) => node as unknown as PageElement })
  const article = reader.parse()
  if (!article?.content) return null
  const found = countCharacters(article.content)
  if (found < articleCharactersMin || found < characters * articleShareMin) return null
  return { title: tidyLine(article.title), text: tidy(writeMarkdown(article.content)) }
}

function readWhole(html: string, url: string): ReadPage {
  const document = parsePage(html, url)
  const title = tidyLine(document.querySelector('title')?.textContent)
  for (const element of document.querySelectorAll('nav, footer, aside, [hidden], [aria-hidden="true"], [role="navigation"]')) element.remove()
  return { title, text: tidy(writeMarkdown(document.body)) }
}

function parsePage(html: string, url: string): PageDocument {
  const document = parseHTML(html).document as unknown as PageDocument // linkedom's own types need the browser's
  shortenSpaces(document.createTreeWalker(document.body, textsOnly))
  const base = URL.parse(document.querySelector('base')?.getAttribute('href') ?? '', url)?.href ?? url
  for (const link of document.querySelectorAll('a[href]')) resolve(link, 'href', base)
  for (const image of document.querySelectorAll('img')) if (!resolve(image, 'src', base)) image.remove()
  return document
}

/** Makes a link absolute. One that leads to no other page, such as `javascript:`, is none. */
function resolve(element: PageElement, name: 'href' | 'src', base: string): boolean {
  const given = element.getAttribute(name)
  const url = given === null ? null : URL.parse(given, base)
  const leads = url !== null && (url.protocol === 'https:' || url.protocol === 'http:' || (name === 'href' && url.protocol === 'mailto:'))
  if (leads) element.setAttribute(name, url.href)
  else element.removeAttribute(name)
  return leads
}

/** A part neither begins nor ends between the two halves of a pair of surrogates. */
function alignToCharacter(text: string, index: number): number {
  return (text.charCodeAt(index) & 0xfc00) === 0xdc00 ? index - 1 : index
}

function countCharacters(element: PageElement): number {
  return (element.textContent ?? '').replace(/\s+/g, ' ').length
}

function stripTags(html: string): string {
  const text = html.replace(/<\/?(?:p|div|li|tr|h[1-6]|br|section|article|table|ul|ol)\b[^>]*>/g, '\n').replace(/<[^>]*>/g, '')
  return tidy(text.replaceAll('&nbsp;', ' ').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&'))
}

function tidy(text: string): string {
  return text.replace(/(?<![ \t])[ \t]+$/gm, '').replace(/\n{3,}/g, '\n\n').trim()
}

function tidyLine(text: string | null | undefined): string | null {
  return text?.replace(/\s+/g, ' ').trim() || null
}
