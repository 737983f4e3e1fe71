import { useEffect, useLayoutEffect, useRef, useState, type RefObject } from 'react'

/** So near to the end, the reader wants to see what comes. */
const nearPixels = 60
/** So long after a wheel, a key or a finger, what scrolls is the reader. */
const intentMs = 1_000
const intents = ['wheel', 'touchmove', 'keydown', 'pointerdown', 'pointermove'] as const

interface Stick {
  isAtEnd: boolean
  /** To be told of every scrolling. */
  onScroll(): void
  goToEnd(): void
}

/**
 * Keeps the end in sight while it grows, by whatever: text that comes, an image, or what was only estimated until it was
 * drawn. Lets go when the reader scrolls away from it, and holds again when they are back.
 */
export function useStickToEnd(scroller: RefObject<HTMLElement | null>, isShown: boolean): Stick {
  const [isAtEnd, setIsAtEnd] = useState(true)
  const intentAt = useRef(-Infinity)

  useEffect(() => {
    if (!isShown) return
    const ending = new AbortController()
    const note = (event: Event) => {
      // A pointer that is only over it, with no button down, scrolls nothing.
      if (event.type !== 'pointermove' || (event as PointerEvent).buttons > 0) intentAt.current = performance.now()
    }
    for (const name of intents) scroller.current?.addEventListener(name, note, { passive: true, signal: ending.signal })
    return () => ending.abort()
  }, [scroller, isShown])

  useLayoutEffect(() => {
    const element = scroller.current
    const content = element?.lastElementChild
    if (!isShown || !element || !content || !isAtEnd) return
    const ending = new AbortController()
    const { signal } = ending
    let isPressed = false
    const stick = () => {
      if (!isPressed && !signal.aborted && !isLeft(element, intentAt.current)) element.scrollTo({ top: element.scrollHeight })
    }
    // What moves between press and release is not clicked. The click comes with the release, and the frame after it.
    element.addEventListener('pointerdown', () => (isPressed = true), { signal })
    for (const name of ['pointerup', 'pointercancel'] as const) {
      window.addEventListener(name, () => {
        isPressed = false
        requestAnimationFrame(stick)
      }, { signal })
    }
    const observer = new ResizeObserver(stick)
    observer.observe(content)
    observer.observe(element)
    stick()
    return () => {
      observer.disconnect()
      ending.abort()
    }
  }, [scroller, isAtEnd, isShown])

  return {
    isAtEnd,
    onScroll: () => {
      if (!scroller.current) return
      if (!isFar(scroller.current)) setIsAtEnd(true)
      else if (isLeft(scroller.current, intentAt.current)) setIsAtEnd(false)
    },
    goToEnd: () => {
      intentAt.current = -Infinity
      setIsAtEnd(true)
    },
  }
}

function isFar({ scrollHeight, scrollTop, clientHeight }: HTMLElement): boolean {
  return scrollHeight - scrollTop - clientHeight > nearPixels
}

/** It is the reader who has gone away from the end. */
function isLeft(element: HTMLElement, intentAt: number): boolean {
  return isFar(element) && performance.now() - intentAt < intentMs
}
