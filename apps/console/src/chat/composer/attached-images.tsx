import { CloseButton, Progress, Text, UnstyledButton } from '@mantine/core'
import classes from './composer.module.css'
import type { UploadedImage } from './use-draft.ts'
import type { Uploads } from './use-uploads.ts'

interface AttachedImagesProps {
  images: readonly UploadedImage[]
  uploads: Uploads
  onRemove: (image_id: string) => void
}

/** The images that go with the message: those that the server has, and those that are on their way. */
export function AttachedImages({ images, uploads: { uploads, retry, remove }, onRemove }: AttachedImagesProps) {
  if (images.length === 0 && uploads.length === 0) return null
  return (
    <ul className={classes['images']} aria-label="Images of the message">
      {images.map(({ image_id, filename }) => (
        <li key={image_id} className={classes['image']}>
          <img src={`/v1/images/${image_id}/thumbnail`} alt={filename} />
          <CloseButton className={classes['remove']} size="xs" variant="default" aria-label={`Remove ${filename}`} onClick={() => onRemove(image_id)} />
        </li>
      ))}
      {uploads.map(({ key, file, preview, progress, error }) => (
        <li key={key} className={classes['image']} data-failed={error !== null || undefined}>
          {error === null ? (
            <>
              <img src={preview} alt={file.name} />
              <Progress className={classes['progress']} value={progress * 100} size="sm" aria-label={`Uploading ${file.name}`} />
            </>
          ) : (
            <UnstyledButton className={classes['failed']} onClick={() => retry(key)} role="alert">
              <Text size="xs" c="red" lineClamp={3}>{error}</Text>
              <Text size="xs" td="underline">Try again</Text>
            </UnstyledButton>
          )}
          <CloseButton className={classes['remove']} size="xs" variant="default" aria-label={`Remove ${file.name}`} onClick={() => remove(key)} />
        </li>
      ))}
    </ul>
  )
}
