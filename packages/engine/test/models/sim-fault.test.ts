import { describe, expect, it } from 'vitest'
import { called, listen, resulted, scriptText, simCall, textOf, user } from './sim-call.ts'

const failing = (fail: object, step: object = { text: 'made it' }): ReturnType<typeof user> => user(scriptText({ ...step, fail }))

describe('a scripted fault', () => {
  it.each([
    ['429', { kind: 'rate_limited', retryable: true, retry_after_ms: 100 }],
    ['500', { kind: 'server_error', retryable: true, retry_after_ms: null }],
    ['malformed', { kind: 'malformed', retryable: true, retry_after_ms: null }],
  ])('%s comes before the first chunk', async (kind, error) => {
    const { chunks, fault } = await listen(simCall([failing({ kind })]))
    expect(chunks).toEqual([])
    expect(fault).toMatchObject({ name: 'ModelError', ...error })
  })

  it('429 asks for the time that the script says', async () => {
    const { fault } = await listen(simCall([failing({ kind: '429', retry_after_ms: 7 })]))
    expect(fault).toMatchObject({ retry_after_ms: 7 })
  })

  it('hits that many attempts of its step, and the next succeeds', async () => {
    const messages = [failing({ kind: '500', times: 2 })]
    const heard = await Promise.all([1, 2, 3].map((attempt) => listen(simCall(messages, { attempt }))))
    expect(heard.map(({ fault }) => fault === undefined)).toEqual([false, false, true])
    expect(textOf(heard[2]!.chunks)).toBe('made it')
  })

  it('hits its own step only', async () => {
    const asked = user(scriptText({ tool_calls: [{ name: 'calculator' }] }, { text: 'unhurt' }, { fail: { kind: '500', times: 9 } }))
    const { chunks, fault } = await listen(simCall([asked, called('call_1'), resulted('call_1', {})]))
    expect(fault).toBeUndefined()
    expect(textOf(chunks)).toBe('unhurt')
  })
})

describe('a cut stream', () => {
  it('breaks off after half its text, with all its thinking said', async () => {
    const { chunks, fault } = await listen(simCall([failing({ kind: 'cut' }, { thinking: 'hm', signature: 's', text: 'half of it' })]))
    expect(chunks).toEqual([
      { type: 'thinking_started' },
      { type: 'thinking_delta', delta: 'hm' },
      { type: 'thinking_completed', signature: 's' },
      { type: 'text_delta', delta: 'half ' },
    ])
    expect(fault).toMatchObject({ kind: 'cut', retryable: true })
  })

  it('breaks off within the thinking where there is no text, and never tells the signature', async () => {
    const step = { thinking: 'half of it', signature: 's', tool_calls: [{ name: 'calculator' }] }
    const { chunks } = await listen(simCall([failing({ kind: 'cut' }, step)]))
    expect(chunks).toEqual([{ type: 'thinking_started' }, { type: 'thinking_delta', delta: 'half ' }])
  })

  it('never ends between the halves of a surrogate pair', async () => {
    const { chunks } = await listen(simCall([failing({ kind: 'cut' }, { text: '👋' })]))
    expect(textOf(chunks)).toBe('👋')
  })
})

describe('an aborted call', () => {
  it('that hangs throws the reason of the abort', async () => {
    const controller = new AbortController()
    const heard = listen(simCall([failing({ kind: 'hang' })]), controller.signal)
    const reason = new Error('cancelled')
    controller.abort(reason)
    expect(await heard).toEqual({ chunks: [], fault: reason })
  })

  it('says nothing when it was aborted before', async () => {
    const reason = new Error('cancelled')
    expect(await listen(simCall([user('Hello')]), AbortSignal.abort(reason))).toEqual({ chunks: [], fault: reason })
  })
})
