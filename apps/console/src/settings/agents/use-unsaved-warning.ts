import { useEffect } from 'react'

/** Asks before the page is closed, or a link within it followed, while something was written and not saved. */
export function useUnsavedWarning(isUnsaved: boolean): void {
  useEffect(() => {
    if (!isUnsaved) return
    const ending = new AbortController()
    const { signal } = ending
    window.addEventListener('beforeunload', (event) => event.preventDefault(), { signal })
    document.addEventListener(
      'click',
      (event) => {
        const link = event.target instanceof Element ? event.target.closest('a[href]') : null
        if (!link || link.getAttribute('target') === '_blank' || window.confirm('What you wrote is not saved. Leave all the same?')) return
        event.preventDefault()
        event.stopPropagation()
      },
      { signal, capture: true },
    )
    return () => ending.abort()
  }, [isUnsaved])
}
