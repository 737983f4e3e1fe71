import { useEffect, useState } from 'react'
import type { Options } from 'react-markdown'

type Plugins = NonNullable<Options['rehypePlugins']>

let loaded: Plugins | null = null
const none: Plugins = []

/** Colors for code: loaded when there is some, and nothing but colors changes when they come. */
export function useHighlighter(isNeeded: boolean): Plugins {
  const [plugins, setPlugins] = useState(loaded)
  useEffect(() => {
    if (!isNeeded || plugins) return
    let isGone = false
    const load = async () => {
      const { default: highlight } = await import('rehype-highlight')
      loaded ??= [[highlight, { detect: false }]]
      if (!isGone) setPlugins(loaded)
    }
    void load()
    return () => {
      isGone = true
    }
  }, [isNeeded, plugins])
  return isNeeded ? (plugins ?? none) : none
}
