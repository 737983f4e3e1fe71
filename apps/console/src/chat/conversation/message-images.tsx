import { Anchor, Group, Modal, UnstyledButton } from '@mantine/core'
import type { ContentPart } from '@reprise/contract'
import { useState } from 'react'
import classes from './message-images.module.css'

interface Shown {
  url: string
  name: string
}

/** The images of a message: thumbnails of those that the server keeps, and links to those that it does not. */
export function MessageImages({ content }: { content: readonly ContentPart[] }) {
  const images = content.flatMap((part): Shown[] => {
    if (part.type === 'image_file') return [{ url: `/v1/images/${part.image_id}`, name: part.filename ?? 'image' }]
    return part.type === 'image' && part.url !== undefined ? [{ url: part.url, name: 'image' }] : []
  })
  return <ImageRow images={images} />
}

export function ImageRow({ images }: { images: readonly Shown[] }) {
  const [open, setOpen] = useState<Shown | null>(null)
  if (images.length === 0) return null
  return (
    <Group gap="xs" my={4}>
      {images.map((image, index) =>
        // The page loads nothing from elsewhere: an address can tell of who looks at it.
        image.url.startsWith('/v1/images/') ? (
          <UnstyledButton key={index} className={classes['thumbnail']} aria-label={`Show ${image.name}`} onClick={() => setOpen(image)}>
            <img src={`${image.url}/thumbnail`} alt={image.name} loading="lazy" />
          </UnstyledButton>
        ) : (
          <Anchor key={index} href={image.url} target="_blank" rel="noopener noreferrer" size="sm">{image.url}</Anchor>
        ),
      )}
      <Modal opened={open !== null} onClose={() => setOpen(null)} title={open?.name} size="auto" centered closeButtonProps={{ 'aria-label': 'Close' }}>
        {open && <img className={classes['whole']} src={open.url} alt={open.name} />}
      </Modal>
    </Group>
  )
}
