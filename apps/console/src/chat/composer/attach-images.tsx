import { ActionIcon, Text, Tooltip } from '@mantine/core'
import { IconPhotoPlus } from '@tabler/icons-react'
import { useRef } from 'react'
import classes from './composer.module.css'
import { useDroppedFiles } from './use-dropped-files.ts'

interface AttachImagesProps {
  onFiles: (files: File[]) => void
}

/** Takes images that are picked, or dropped anywhere on the page. */
export function AttachImages({ onFiles }: AttachImagesProps) {
  const input = useRef<HTMLInputElement>(null)
  const isOver = useDroppedFiles(onFiles)
  return (
    <>
      {isOver && <div className={classes['drop']}><Text size="lg" fw={500}>Drop images here: PNG, JPEG, GIF or WebP</Text></div>}
      <input
        ref={input}
        type="file"
        hidden
        multiple
        accept="image/png,image/jpeg,image/gif,image/webp"
        aria-label="Images"
        onChange={({ currentTarget }) => {
          onFiles([...(currentTarget.files ?? [])])
          currentTarget.value = ''
        }}
      />
      <Tooltip label="Add images">
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label="Add images" onClick={() => input.current?.click()}><IconPhotoPlus size={18} /></ActionIcon>
      </Tooltip>
    </>
  )
}
