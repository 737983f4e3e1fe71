import { gfmFromMarkdown } from 'mdast-util-gfm'
import { gfm } from 'micromark-extension-gfm'
import type { Options } from 'react-markdown'

/** Tables, task lists, strikethrough and bare links. The plugin that is known for it brings the way back to Markdown along, which nobody needs here. */
function readGfm(this: { data(): object }): void {
  const data: { micromarkExtensions?: unknown[]; fromMarkdownExtensions?: unknown[] } = this.data()
  ;(data.micromarkExtensions ??= []).push(gfm())
  ;(data.fromMarkdownExtensions ??= []).push(gfmFromMarkdown())
}

export const remarkPlugins: Options['remarkPlugins'] = [readGfm]
