import { keepPreviousData } from '@tanstack/react-query'

/** For queries of what changes by itself: asked again every so often while the page is seen, and what was known stays shown meanwhile. */
export function live(everyMs: number) {
  return { refetchInterval: everyMs, placeholderData: keepPreviousData, staleTime: everyMs / 2 } as const
}
