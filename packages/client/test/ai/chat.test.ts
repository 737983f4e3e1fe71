import { lastAssistantMessageIsCompleteWithApprovalResponses, lastAssistantMessageIsCompleteWithToolCalls, type ChatInit, type UIMessage } from 'ai'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { makePng } from '../../../api/test/support/make-png.ts'
import { startServer, type TestServer } from '../../../api/test/support/start-server.ts'
import { createChatTransport, readTurnMetadata, type ChatTransportOptions } from '../../src/ai/index.ts'
import { createRepriseClient, type RepriseClient } from '../../src/index.ts'
import { scriptText } from '../support/script-text.ts'
import { startProxy, type Proxy } from '../support/start-proxy.ts'
import { showParts, TestChat } from '../support/test-chat.ts'

let server: TestServer
let proxy: Proxy
let client: RepriseClient
let remote: RepriseClient
beforeAll(async () => {
  server = await startServer()
  client = createRepriseClient({ url: server.url })
})
afterAll(() => server.close())
beforeEach(async () => {
  proxy = await startProxy(server.port)
  remote = createRepriseClient({ url: proxy.url })
})
afterEach(() => proxy.stop())

const ask = { type: 'client_side' as const, name: 'ask', description: 'Asks the user', parameters: { type: 'object' } }
type Settings = Parameters<RepriseClient['sessions']['create']['mutate']>[0]

/** A chat on a session of its own, through the proxy. */
async function openChat(settings: Settings = {}, init: Partial<ChatInit<UIMessage>> = {}, options: Partial<ChatTransportOptions> = {}): Promise<TestChat> {
  const { id } = await client.sessions.create.mutate({ agent_name: 'assistant', ...settings })
  return chatOn(id, init, options)
}

function chatOn(id: string, init: Partial<ChatInit<UIMessage>> = {}, options: Partial<ChatTransportOptions> = {}): TestChat {
  return new TestChat({ id, transport: createChatTransport({ client: remote, ...options }), ...init })
}

const send = (chat: TestChat, steps: object[]) => chat.sendMessage({ text: scriptText(steps) })
const lastParts = (chat: TestChat) => showParts(chat.lastMessage!)
const userMessages = (chat: TestChat) => client.messages.list.query({ session_id: chat.id, role: 'user' })
const turnStatus = async (chat: TestChat) => (await client.durable.workflows.get.query({ workflow_id: (await userMessages(chat)).at(-1)!.turn_id! })).status

describe('a chat', () => {
  it('sends a message and streams thinking, tools and text into one message of steps', async () => {
    const onToolCall = vi.fn<() => void>()
    const chat = await openChat({ capabilities: [{ ref: 'calculator' }] }, { onToolCall })
    await send(chat, [
      { thinking: 'Hm.', signature: 's', text: 'Let me count.', tool_calls: [{ name: 'calculator', arguments: { expression: '1 + 1' } }, { name: 'nothing', arguments: {} }] },
      { text: 'It is two.' },
    ])
    expect(chat.error).toBeUndefined()
    expect(lastParts(chat)).toEqual(['step', 'reasoning: Hm.', 'text: Let me count.', 'calculator (output-available): {"value":2}', 'nothing (output-error): "There is no tool named nothing."', 'step', 'text: It is two.'])
    expect(chat.statuses).toEqual(['submitted', 'streaming', 'ready'])
    expect(onToolCall).not.toHaveBeenCalled()
    const answers = await client.messages.list.query({ session_id: chat.id, role: 'agent' })
    const [{ turn_id }] = answers as [{ turn_id: string }, unknown]
    expect(chat.lastMessage).toMatchObject({ id: turn_id, role: 'assistant' })
    expect(readTurnMetadata(chat.lastMessage!)).toEqual({
      session_id: chat.id,
      turn_id,
      status: 'completed',
      cursor: expect.stringMatching(/^event_/),
      message_ids: answers.map(({ id }) => id),
      usage: expect.objectContaining({ input_tokens: expect.any(Number) }),
    })
  })

  it('sends images as they were attached, and what else the app gives; other files it refuses by name', async () => {
    const chat = await openChat()
    const url = `data:image/png;base64,${makePng(4, 4).toString('base64')}`
    await chat.sendMessage({ text: 'Look', files: [{ type: 'file', mediaType: 'image/png', url }] }, { metadata: { page: 7 }, body: { tags: ['a'] } })
    expect(lastParts(chat).join()).toContain('I see an image (image/png)')
    expect(await userMessages(chat)).toMatchObject([{ content: [{ type: 'image', media_type: 'image/png' }, { type: 'text', text: 'Look' }], metadata: { page: 7 }, tags: ['a'] }])
    await chat.sendMessage({ files: [{ type: 'file', mediaType: 'application/pdf', filename: 'a.pdf', url: 'data:application/pdf;base64,AAAA' }] })
    expect(chat.error?.message).toBe('Only images can be sent: a.pdf is application/pdf')
  })

  it('posts a message once when the reply is lost, and reads on when the stream is cut', async () => {
    const chat = await openChat()
    proxy.loseReply()
    const sending = send(chat, [{ text: 'One word after another. '.repeat(4), tokens_per_second: 30 }])
    await expect.poll(() => chat.status).toBe('streaming')
    await expect.poll(() => lastParts(chat).join().length).toBeGreaterThan(30)
    proxy.cut()
    await sending
    expect(lastParts(chat)).toEqual(['step', `text: ${'One word after another. '.repeat(4)}`])
    expect(await userMessages(chat)).toHaveLength(1)
  })

  it('shows no text twice when the model had to start again', async () => {
    const chat = await openChat()
    const seen = new Set<string>()
    const sending = send(chat, [{ thinking: 'Hm.', signature: 's', text: 'Hello there, my friend', tokens_per_second: 40, fail: { kind: 'cut', times: 1 } }])
    const watch = setInterval(() => chat.lastMessage?.role === 'assistant' && seen.add(lastParts(chat).join('|')), 5)
    await sending
    clearInterval(watch)
    expect(lastParts(chat)).toEqual(['step', 'reasoning: Hm.', 'text: Hello there, my friend'])
    const events = await client.events.list.query({ session_id: chat.id, types: ['reason.recovered'] })
    expect(events).toHaveLength(1)
    for (const shown of seen) expect('step|reasoning: Hm.|text: Hello there, my friend'.startsWith(shown), shown).toBe(true)
  })

  it('tells a failed turn as an error in plain words, and regenerates it as a retry', async () => {
    const chat = await openChat()
    await send(chat, [{ text: 'x', fail: { kind: 'unknown' } }])
    expect(chat.status).toBe('error')
    expect(chat.error?.message).toBe('The model provider could not answer.')
    expect(chat.messages.filter(({ role }) => role === 'assistant').flatMap(showParts)).not.toContain(expect.stringContaining('provider'))
    await chat.regenerate()
    expect(chat.status).toBe('error')
    const turns = await Promise.all((await userMessages(chat)).map(({ turn_id }) => client.durable.workflows.get.query({ workflow_id: turn_id! })))
    expect(turns.map(({ status, retry_of }) => [status, retry_of])).toEqual([['failed', null], ['failed', turns[0]!.id]])
  })

  it('regenerates an answer by posting the message again', async () => {
    const chat = await openChat()
    await chat.sendMessage({ text: 'Once more' })
    const { id } = chat.lastMessage!
    await chat.regenerate()
    expect(chat.messages).toHaveLength(2)
    expect(chat.lastMessage!.id).not.toBe(id)
    expect(await userMessages(chat)).toMatchObject([{ content: [{ text: 'Once more' }] }, { content: [{ text: 'Once more' }] }])
  })

  it('says what the server refuses', async () => {
    const chat = chatOn(`sess_${'0'.repeat(32)}`)
    await chat.sendMessage({ text: 'Hello?' })
    expect(chat.error?.message).toBe('Session not found')
  })
})

describe('stop', () => {
  const endless = [{ text: 'On and on and on. '.repeat(50), tokens_per_second: 20 }]

  it('cancels the turn, and keeps what was said', async () => {
    const chat = await openChat()
    const sending = send(chat, endless)
    await expect.poll(() => chat.lastMessage?.role === 'assistant' && lastParts(chat).join()).toContain('On and')
    await chat.stop()
    await sending
    expect(chat.status).toBe('ready')
    await expect.poll(() => turnStatus(chat)).toBe('cancelled')
  })

  it('cancels a turn whose message was still on its way', async () => {
    const chat = await openChat()
    const sending = send(chat, endless)
    await expect.poll(() => chat.status, { interval: 1 }).toBe('submitted')
    await chat.stop()
    await sending
    expect(chat.messages).toHaveLength(1)
    await expect.poll(async () => (await userMessages(chat)).length).toBe(1)
    await expect.poll(() => turnStatus(chat)).toBe('cancelled')
  })

  it('only stops reading where it is told to leave the turn alone', async () => {
    const chat = await openChat({}, {}, { on_stop: 'leave' })
    const sending = send(chat, [{ text: 'On and on.', tokens_per_second: 10 }])
    await expect.poll(() => chat.status).toBe('streaming')
    await chat.stop()
    await sending
    await expect.poll(() => turnStatus(chat)).toBe('completed')
  })

  it('is told to a chat whose turn somebody else cancelled', async () => {
    const chat = await openChat()
    const sending = send(chat, endless)
    await expect.poll(() => chat.lastMessage?.role === 'assistant' && lastParts(chat).join()).toContain('On and')
    await client.sessions.cancel.mutate({ session_id: chat.id })
    await sending
    expect(chat.status).toBe('ready')
    expect(readTurnMetadata(chat.lastMessage!)).toMatchObject({ status: 'cancelled' })
  })
})

describe('resume', () => {
  const slow = [{ text: 'Slowly, ', tool_calls: [{ name: 'nothing', arguments: {} }] }, { text: 'word by word, to its end.', tokens_per_second: 10 }]
  const whole = ['step', 'text: Slowly, ', 'nothing (output-error): "There is no tool named nothing."', 'step', 'text: word by word, to its end.']

  it('shows the running turn from its beginning in a chat that knows nothing of it, as after a reload', async () => {
    const first = await openChat({}, {}, { on_stop: 'leave' })
    const sending = send(first, slow)
    await expect.poll(() => first.lastMessage?.role === 'assistant' && lastParts(first).join()).toContain('word')
    const second = chatOn(first.id, { messages: [first.messages[0]!] })
    await second.resumeStream()
    expect(lastParts(second)).toEqual(whole)
    await sending
    expect(second.lastMessage).toEqual(first.lastMessage)
  })

  it('replaces what a chat had of the turn, and a second resume does not cancel the first one’s turn', async () => {
    const chat = await openChat({}, {}, { on_stop: 'leave' })
    const sending = send(chat, slow)
    await expect.poll(() => chat.lastMessage?.role === 'assistant' && lastParts(chat).join()).toContain('word')
    await chat.stop()
    await sending
    const again = chatOn(chat.id, { messages: chat.messages })
    const resuming = again.resumeStream()
    await expect.poll(() => again.status).toBe('streaming')
    await Promise.all([resuming, again.resumeStream()])
    expect(again.messages).toHaveLength(2)
    expect(lastParts(again)).toEqual(whole)
  })

  it('stopped, it cancels the turn like any other', async () => {
    const first = await openChat({}, {}, { on_stop: 'leave' })
    const sending = send(first, [{ text: 'On and on. '.repeat(50), tokens_per_second: 20 }])
    await expect.poll(() => first.status).toBe('streaming')
    await first.stop()
    await sending
    const second = chatOn(first.id, { messages: [first.messages[0]!] })
    const resuming = second.resumeStream()
    await expect.poll(() => second.status).toBe('streaming')
    await second.stop()
    await resuming
    await expect.poll(() => turnStatus(second)).toBe('cancelled')
  })

  it('does nothing where nothing runs', async () => {
    const chat = await openChat()
    await chat.resumeStream()
    await chat.sendMessage({ text: 'Hello' })
    const { messages } = chat
    await chat.resumeStream()
    expect(chat.messages).toEqual(messages)
    expect(chat.status).toBe('ready')
  })
})

describe('tools that run in the app', () => {
  const twice = [{ text: 'I ask.', tool_calls: [{ name: 'ask', arguments: { n: 1 } }, { name: 'ask', arguments: { n: 2 } }] }, { text: 'Once more.', tool_calls: [{ name: 'ask', arguments: { n: 3 } }] }, { text: 'Thank you.' }]

  function answerAll(): Partial<ChatInit<UIMessage>> & { chat: TestChat } {
    const init: Partial<ChatInit<UIMessage>> & { chat: TestChat } = {
      chat: null as unknown as TestChat, // set before it is called
      sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithToolCalls,
      onToolCall: ({ toolCall: { toolCallId, toolName, input } }) => {
        const { n } = input as { n: number } // by the script
        void init.chat.addToolOutput(n === 2 ? { state: 'output-error', tool: toolName, toolCallId, errorText: 'Nobody there' } : { tool: toolName, toolCallId, output: { answer: n } })
      },
    }
    return init
  }

  it('are run as the turn asks for them, and the turn goes on with their outputs, in every turn', async () => {
    const init = answerAll()
    const chat = (init.chat = await openChat({ tools: [ask] }, init))
    for (let turn = 0; turn < 2; turn++) {
      await send(chat, twice)
      await expect.poll(() => chat.status === 'ready' && lastParts(chat), { timeout: 10_000 }).toEqual([
        'step', 'text: I ask.', 'ask (output-available): {"answer":1}', 'ask (output-error): "Nobody there"',
        'step', 'text: Once more.', 'ask (output-available): {"answer":3}',
        'step', 'text: Thank you.',
      ])
    }
    expect(chat.messages).toHaveLength(4)
    expect(new Set(chat.messages.flatMap(({ parts }) => parts).flatMap((part) => ('toolCallId' in part ? [part.toolCallId] : []))).size).toBe(6)
    const results = await client.messages.list.query({ session_id: chat.id, role: 'tool_result' })
    expect(results.slice(0, 2).flatMap(({ content }) => content)).toMatchObject([{ tool_call_id: 'call_1', result: { answer: 1 } }, { tool_call_id: 'call_2', error: 'Nobody there' }])
  })

  it('wait in a chat that resumes, and are submitted once through a lost reply', async () => {
    const first = await openChat({ tools: [ask] })
    await send(first, [{ tool_calls: [{ name: 'ask', arguments: { n: 1 } }] }, { text: 'Thank you.' }])
    expect(lastParts(first)).toEqual(['step', 'ask (input-available): {"n":1}'])
    expect(readTurnMetadata(first.lastMessage!)).toMatchObject({ status: 'waiting' })
    const init = answerAll()
    const second = (init.chat = chatOn(first.id, { ...init, messages: [first.messages[0]!] }))
    const resuming = second.resumeStream()
    await expect.poll(() => second.lastMessage?.role).toBe('assistant')
    proxy.loseReply()
    await resuming
    await expect.poll(() => second.status === 'ready' && lastParts(second), { timeout: 10_000 }).toEqual(['step', 'ask (output-available): {"answer":1}', 'step', 'text: Thank you.'])
  })

  it('that were answered too late show what became of them', async () => {
    const chat = await openChat({ tools: [ask] }, { sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithToolCalls })
    await send(chat, [{ tool_calls: [{ name: 'ask', arguments: { n: 1 } }] }, { text: 'Never mind.' }])
    const part = chat.lastMessage!.parts.find((part) => 'toolCallId' in part)!
    await client.sessions.submitToolResults.mutate({ session_id: chat.id, tool_results: [{ tool_call_id: 'call_1', error: 'Somebody else was faster' }] })
    await chat.addToolOutput({ tool: 'ask', toolCallId: part.toolCallId, output: 'late' })
    await expect.poll(() => chat.status === 'ready' && lastParts(chat)).toEqual(['step', 'ask (output-error): "Somebody else was faster"', 'step', 'text: Never mind.'])
    expect(chat.error).toBeUndefined()
  })
})

describe('approvals', () => {
  it('run what is approved, on the server or in the app, and deny the rest', async () => {
    const onToolCall = vi.fn<NonNullable<ChatInit<UIMessage>['onToolCall']>>()
    const chat = await openChat(
      { tools: [{ ...ask, requires_approval: true }], capabilities: [{ ref: 'calculator', config: { requires_approval: true } }] },
      { onToolCall, sendAutomaticallyWhen: (given) => lastAssistantMessageIsCompleteWithApprovalResponses(given) || lastAssistantMessageIsCompleteWithToolCalls(given) },
    )
    const calculate = (expression: string) => ({ name: 'calculator', arguments: { expression } })
    await send(chat, [{ tool_calls: [calculate('2 + 2'), calculate('3 + 3'), { name: 'ask', arguments: { n: 1 } }] }, { text: 'Done.' }])
    expect(lastParts(chat)).toEqual(['step', 'calculator (approval-requested): {"expression":"2 + 2"}', 'calculator (approval-requested): {"expression":"3 + 3"}', 'ask (approval-requested): {"n":1}'])
    expect(onToolCall).not.toHaveBeenCalled()

    onToolCall.mockImplementation(({ toolCall }) => void chat.addToolOutput({ tool: toolCall.toolName, toolCallId: toolCall.toolCallId, output: 'yes' }))
    for (const part of chat.lastMessage!.parts) {
      if (!('toolCallId' in part) || part.state !== 'approval-requested') continue
      await chat.addToolApprovalResponse({ id: part.approval.id, approved: !JSON.stringify(part.input).includes('3 + 3'), reason: 'So it is' })
    }
    await expect.poll(() => chat.status === 'ready' && lastParts(chat), { timeout: 10_000 }).toEqual([
      'step', 'calculator (output-available): {"value":4}', 'calculator (output-denied): {"expression":"3 + 3"}', 'ask (output-available): "yes"',
      'step', 'text: Done.',
    ])
    expect(onToolCall).toHaveBeenCalledOnce()
  })
})
