import type { Image } from '@reprise/contract'

/** Uploads an image, telling how much of it has gone, from 0 to 1. Rejects with the server's own words. */
export function uploadImage(file: File, onProgress: (share: number) => void, signal: AbortSignal): Promise<Image> {
  const form = new FormData()
  form.set('file', file, file.name)
  return new Promise((resolve, reject) => {
    // The one thing that tells of progress.
    const request = new XMLHttpRequest()
    request.open('POST', '/v1/images')
    request.setRequestHeader('x-reprise-csrf', '1')
    request.responseType = 'json'
    request.upload.addEventListener('progress', ({ loaded, total }) => onProgress(total === 0 ? 0 : loaded / total))
    request.addEventListener('error', () => reject(new Error('The server cannot be reached')))
    request.addEventListener('load', () => {
      const answer: unknown = request.response
      if (request.status === 201) resolve(answer as Image) // by the contract
      else reject(new Error((answer as { detail?: string } | null)?.detail ?? `The server answered ${request.status}`)) // a problem, or a page of some proxy
    })
    signal.addEventListener('abort', () => request.abort(), { once: true })
    request.addEventListener('abort', () => reject(signal.reason as Error))
    request.send(form)
  })
}
