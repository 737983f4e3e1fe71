import { MantineProvider } from '@mantine/core'
import { ModalsProvider } from '@mantine/modals'
import { QueryClientProvider } from '@tanstack/react-query'
import { queryClient } from '../server/query-client.ts'
import { CallerProvider } from './caller.tsx'
import { Notices } from './notices.tsx'
import { Routes } from './routes.tsx'
import { Shell } from './shell.tsx'
import { readStyleNonce, resolveVariables, theme } from './theme.ts'


/** Everything that pages stand on, from the look to who is logged in. */
export function App() {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={resolveVariables} defaultColorScheme="auto" getStyleNonce={readStyleNonce}>
      <QueryClientProvider client={queryClient}>
        <ModalsProvider>
          <Notices />
          <CallerProvider>
            <Shell>
              <Routes />
            </Shell>
          </CallerProvider>
        </ModalsProvider>
      </QueryClientProvider>
    </MantineProvider>
  )
}
