import { Button, Card, Center, PasswordInput, Stack, Text, Title } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { logIn, loginKey } from '../server/login.ts'

/** Asks for a key once; the cookie that comes for it lasts twelve hours. */
export function LoginPage() {
  const [apiKey, setApiKey] = useState('')
  const queries = useQueryClient()
  const login = useMutation({
    mutationFn: logIn,
    onSuccess: (answer) => {
      // What somebody else saw before is not for whoever comes now.
      queries.removeQueries({ predicate: ({ queryKey }) => queryKey !== loginKey })
      queries.setQueryData(loginKey, answer)
    },
  })
  return (
    <Center component="main" mih="100dvh" p="md">
      <Card withBorder w="100%" maw={420} padding="xl">
        <form
          onSubmit={(event) => {
            event.preventDefault()
            login.mutate(apiKey.trim())
          }}
        >
          <Stack>
            <Title order={1} size="h3">Reprise</Title>
            <Text size="sm" c="dimmed">
              This server asks for a key. <code>pnpm reprise keys create --name Console --scopes admin</code> makes one.
            </Text>
            <PasswordInput label="API key" required autoFocus autoComplete="current-password" value={apiKey} onChange={(event) => setApiKey(event.currentTarget.value)} error={login.error?.message} />
            <Button type="submit" loading={login.isPending} disabled={apiKey.trim() === ''}>Log in</Button>
          </Stack>
        </form>
      </Card>
    </Center>
  )
}
