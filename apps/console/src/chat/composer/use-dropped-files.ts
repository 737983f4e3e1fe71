import { useEffect, useEffectEvent, useState } from 'react'

/** Takes files that are dropped anywhere on the page; true while some are held over it. */
export function useDroppedFiles(onFiles: (files: File[]) => void): boolean {
  const [isOver, setIsOver] = useState(false)
  const take = useEffectEvent(onFiles)
  useEffect(() => {
    const ending = new AbortController()
    const listen = (name: 'dragover' | 'dragleave' | 'drop', react: (event: DragEvent) => void) =>
      document.addEventListener(name, (event) => event.dataTransfer?.types.includes('Files') && react(event), { signal: ending.signal })
    listen('dragover', (event) => {
      event.preventDefault()
      setIsOver(true)
    })
    // Of the page itself: between its elements there is no place that the file has been taken to.
    listen('dragleave', (event) => event.relatedTarget === null && setIsOver(false))
    listen('drop', (event) => {
      event.preventDefault()
      setIsOver(false)
      take([...(event.dataTransfer?.files ?? [])])
    })
    return () => ending.abort()
  }, [])
  return isOver
}
