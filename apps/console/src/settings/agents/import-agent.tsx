import { Button, FileButton, Group, Modal, Stack, Textarea } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useLocation } from 'wouter'
import { client } from '../../server/client.ts'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { monospaceInput } from '../../ui/monospace-input.ts'

const example = '---\nname: helper\ncapabilities: [calculator]\n---\n\nYou are a helpful assistant.'

/** An agent as a document: Markdown with front matter, or a prompt alone. */
export function ImportAgent({ onClose }: { onClose: () => void }) {
  const [document, setDocument] = useState('')
  const queries = useQueryClient()
  const [, navigate] = useLocation()
  const importing = useMutation({
    mutationFn: () => client.agents.import.mutate({ document }),
    onSuccess: ({ id }) => {
      void queries.invalidateQueries({ queryKey: ['agents'] })
      navigate(`/settings/agents/${id}`)
    },
  })
  return (
    <Modal opened onClose={onClose} title="Import an agent" size="lg" closeButtonProps={{ 'aria-label': 'Close' }}>
      <Stack gap="sm">
        <Textarea label="Document" description="Markdown with YAML front matter, or a prompt alone. One with the name of an agent that is there replaces it" placeholder={example} autosize minRows={8} maxRows={20} styles={monospaceInput} data-autofocus value={document} onChange={(event) => setDocument(event.currentTarget.value)} />
        {importing.error && <ErrorNotice error={importing.error} />}
        <Group justify="space-between">
          <FileButton accept=".md,.markdown,.txt,text/markdown,text/plain" onChange={(file) => void file?.text().then(setDocument)}>
            {(props) => <Button variant="default" {...props}>Take a file</Button>}
          </FileButton>
          <Button loading={importing.isPending} disabled={document.trim() === ''} onClick={() => importing.mutate()}>Import</Button>
        </Group>
      </Stack>
    </Modal>
  )
}
