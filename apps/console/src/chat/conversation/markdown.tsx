import { memo, useMemo } from 'react'
import ReactMarkdown, { type Components } from 'react-markdown'
import { CodeBlock } from './code-block.tsx'
import classes from './markdown.module.css'
import { remarkPlugins } from './remark-plugins.ts'
import { splitBlocks } from './split-blocks.ts'
import { useHighlighter } from './use-highlighter.ts'

const components: Components = {
  pre: CodeBlock,
  a: ({ href, children }) => <a href={href} target="_blank" rel="noopener noreferrer">{children}</a>,
  // An image's address can carry off what the model was made to write: it is shown, and not called.
  img: ({ src, alt }) => <a href={typeof src === 'string' ? src : undefined} target="_blank" rel="noopener noreferrer">{alt || 'image'}</a>,
  table: ({ children }) => <div className={classes['table']}><table>{children}</table></div>,
}

/** Text of a model as markdown: no HTML in it is read as such. */
export function Markdown({ text }: { text: string }) {
  const blocks = useMemo(() => splitBlocks(text), [text])
  // Blocks are only added to: their places are their names.
  return <div className={classes['markdown']}>{blocks.map((block, index) => <Block key={index} text={block} />)}</div>
}

const Block = memo(function Block({ text }: { text: string }) {
  const rehypePlugins = useHighlighter(text.includes('```') || text.includes('~~~'))
  return <ReactMarkdown remarkPlugins={remarkPlugins} rehypePlugins={rehypePlugins} components={components}>{text}</ReactMarkdown>
})
