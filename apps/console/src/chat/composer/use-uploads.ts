import { limits } from '@reprise/contract'
import { useEffect, useRef, useState } from 'react'
import { describeError } from '../../ui/error-notice.tsx'
import { uploadImage } from './upload-image.ts'
import type { UploadedImage } from './use-draft.ts'

interface Upload {
  key: string
  file: File
  /** Of the picture as this browser has it. */
  preview: string
  /** From 0 to 1. */
  progress: number
  error: string | null
}

export interface Uploads {
  uploads: readonly Upload[]
  add(files: readonly File[]): void
  retry(key: string): void
  remove(key: string): void
}

/** Sends images as soon as they are given, and tells of each that has arrived. */
export function useUploads(onUploaded: (image: UploadedImage) => void): Uploads {
  const [uploads, setUploads] = useState<readonly Upload[]>([])
  const running = useRef(new Map<string, AbortController>())
  useEffect(() => () => running.current.forEach((controller) => controller.abort(new Error('the page is left'))), [])

  const change = (key: string, changes: Partial<Upload>) => setUploads((before) => before.map((upload) => (upload.key === key ? { ...upload, ...changes } : upload)))
  const remove = (key: string) => {
    running.current.get(key)?.abort(new Error('removed'))
    setUploads((before) => {
      for (const upload of before) if (upload.key === key) URL.revokeObjectURL(upload.preview)
      return before.filter((upload) => upload.key !== key)
    })
  }
  const send = async ({ key, file }: Upload) => {
    const controller = new AbortController()
    running.current.set(key, controller)
    try {
      if (file.size > limits.imageBytesMax) throw new Error(`${file.name} has more than ${limits.imageBytesMax / 1_048_576} MiB`)
      const { id } = await uploadImage(file, (progress) => change(key, { progress }), controller.signal)
      onUploaded({ image_id: id, filename: file.name })
      remove(key)
    } catch (error) {
      if (!controller.signal.aborted) change(key, { error: describeError(error) })
    } finally {
      running.current.delete(key)
    }
  }
  return {
    uploads,
    remove,
    add(files) {
      const added = files.map((file, index): Upload => ({ key: `${Date.now()} ${index} ${file.name}`, file, preview: URL.createObjectURL(file), progress: 0, error: null }))
      setUploads((before) => [...before, ...added])
      for (const upload of added) void send(upload)
    },
    retry(key) {
      const upload = uploads.find((one) => one.key === key)
      if (!upload) return
      change(key, { error: null, progress: 0 })
      void send(upload)
    },
  }
}
