import { post, send, type Answer } from './requests.ts'

export interface TrpcAnswer<T> {
  result?: { data: T }
  error?: { message: string; data: { code: string; httpStatus: number; errors?: { path: string }[] } }
}

export async function mutate<T>(url: string, path: string, input: unknown, headers: Record<string, string> = {}): Promise<Answer<TrpcAnswer<T>>> {
  return await post(`${url}/trpc/${path}`, input, headers)
}

export async function query<T>(url: string, path: string, input: unknown = {}): Promise<Answer<TrpcAnswer<T>>> {
  return await send(`${url}/trpc/${path}?input=${encodeURIComponent(JSON.stringify(input))}`)
}
