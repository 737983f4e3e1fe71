import { Center, Loader } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { createContext, lazy, Suspense, use, type ReactNode } from 'react'
import { loginKey, readLogin, type Caller } from '../server/login.ts'
import { ErrorNotice } from '../ui/error-notice.tsx'

const LoginPage = lazy(async () => ({ default: (await import('./login-page.tsx')).LoginPage }))

const CallerContext = createContext<Caller | null>(null)

/** Shows its pages to who is logged in, and to everybody while the server asks for no key. */
export function CallerProvider({ children }: { children: ReactNode }) {
  const login = useQuery({ queryKey: loginKey, queryFn: ({ signal }) => readLogin(signal), staleTime: Infinity })
  const loading = <Center mih="100dvh"><Loader aria-label="Loading" /></Center>
  if (login.isPending) return loading
  if (!login.data) return <Center mih="100dvh"><ErrorNotice error={login.error} onRetry={() => void login.refetch()} /></Center>
  if (login.data.caller === null) return <Suspense fallback={loading}><LoginPage /></Suspense>
  return <CallerContext value={login.data.caller}>{children}</CallerContext>
}

/** Who is calling, with the scopes and all that they include. */
export function useCaller(): Caller {
  const caller = use(CallerContext)
  if (!caller) throw new Error('it is within a CallerProvider')
  return caller
}
