import { MantineProvider } from '@mantine/core'
import { ModalsProvider } from '@mantine/modals'
import { QueryClientProvider } from '@tanstack/react-query'
import { queryClient } from '../server/query-client.ts'
import { lazy, Suspense } from 'react'
import { CallerProvider } from './caller.tsx'
import { Routes } from './routes.tsx'
import { Shell } from './shell.tsx'
import { readStyleNonce, resolveVariables, theme } from './theme.ts'

/** Nothing is to be said before somebody has done something. */
const Notices = lazy(async () => ({ default: (await import('./notices.tsx')).Notices }))

/** Everything that pages stand on, from the look to who is logged in. */
export function App() {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={resolveVariables} defaultColorScheme="auto" getStyleNonce={readStyleNonce}>
      <QueryClientProvider client={queryClient}>
        <ModalsProvider>
          <Suspense><Notices /></Suspense>
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
