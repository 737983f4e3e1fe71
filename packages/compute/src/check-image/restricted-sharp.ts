import { workerData } from 'node:worker_threads'
import sharp from 'sharp'

/**
 * sharp with only the four loaders that a message may need; its defaults also open SVG, PDF, TIFF and more.
 * Loaded on threads only.
 */
export { sharp }

const state = { open: 0, beingRestricted: 1, restricted: 2 }

sharp.concurrency(1)
sharp.cache(false)
restrictLoadersOnce()

/**
 * libvips is shared by the whole process and outlives its threads, and so do its blocks. A thread that comes later must
 * not block and unblock again: within that moment the decodes of the other threads would find no loader.
 */
function restrictLoadersOnce(): void {
  // Given by `createThreadPool`; a thread started otherwise, as in a test, restricts for itself.
  const loaders = readLoadersState(workerData)
  if (Atomics.compareExchange(loaders, 0, state.open, state.beingRestricted) !== state.open) {
    // Bounded, lest a thread that died in between hold up all others.
    Atomics.wait(loaders, 0, state.beingRestricted, 1_000)
    return
  }
  sharp.block({ operation: ['VipsForeignLoad'] })
  sharp.unblock({
    operation: ['VipsForeignLoadPngBuffer', 'VipsForeignLoadJpegBuffer', 'VipsForeignLoadNsgifBuffer', 'VipsForeignLoadWebpBuffer'],
  })
  Atomics.store(loaders, 0, state.restricted)
  Atomics.notify(loaders, 0)
}

function readLoadersState(given: unknown): Int32Array {
  return given instanceof Int32Array ? given : new Int32Array(new SharedArrayBuffer(4))
}
