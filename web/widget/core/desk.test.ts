import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { FakeDesk, newConversation, visitorOf } from '../testing/fake_desk'
import type { Desk } from './desk'

let server: FakeDesk
let online: boolean

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-11-23T04:00:00Z') })
  localStorage.clear()
  server = new FakeDesk()
  online = true
})

afterEach(() => {
  vi.clearAllTimers()
  vi.useRealTimers()
})

const settle = (ms = 50) => vi.advanceTimersByTimeAsync(ms)

async function arrive(): Promise<Desk> {
  const desk = visitorOf(server, { online: () => online })
  await desk.start(null)
  await settle()
  return desk
}

function shown({ state }: Desk): string[] {
  return state.messages.map(({ body }) => (body.kind === 'text' ? body.text : body.kind))
}

describe('who only looks', () => {
  test('leaves no visit behind', async () => {
    const desk = await arrive()
    expect(desk.state.welcome?.hospital).toBe('童康儿童互联网医院')
    expect(server.visits).toBe(0)
    expect(desk.state.link).toBe('idle')
  })
})

describe('a message', () => {
  test('opens the visit, is shown once and leaves the device', async () => {
    const desk = await arrive()
    desk.say('怎么退费')
    expect(desk.state.outgoing.map(({ text }) => text)).toEqual(['怎么退费'])
    await settle()
    expect(server.written).toEqual(['怎么退费'])
    expect(shown(desk)).toEqual(['怎么退费'])
    expect(desk.state.outgoing).toEqual([])
    expect(localStorage.getItem('caredesk.outgoing')).toBeNull()
    expect(desk.state.link).toBe('live')
  })

  test('keeps its order with what the desk says meanwhile', async () => {
    const desk = await arrive()
    desk.say('一')
    await settle()
    server.say('bot', { kind: 'bot_text', text: '答', offer_person: false }, { pushed: false })
    desk.say('二')
    await settle()
    expect(shown(desk)).toEqual(['一', 'bot_text', '二'])
  })

  test('written offline waits on the device and goes out exactly once when the network is back', async () => {
    const desk = await arrive()
    desk.say('在线')
    await settle()
    online = false
    server.reachable = false
    server.breakSockets()
    desk.networkLost()
    desk.say('离线一')
    desk.say('离线二')
    await settle(8000)
    expect(desk.state.link).toBe('offline')
    expect(desk.state.outgoing.map(({ text, state }) => [text, state])).toEqual([
      ['离线一', 'waiting'],
      ['离线二', 'waiting'],
    ])
    online = true
    server.reachable = true
    desk.wake()
    await settle(2000)
    expect(server.written).toEqual(['在线', '离线一', '离线二'])
    expect(shown(desk)).toEqual(['在线', '离线一', '离线二'])
    expect(desk.state.link).toBe('live')
  })

  test('whose answer was lost is sent again and stored once', async () => {
    const desk = await arrive()
    desk.say('一')
    await settle()
    server.swallowsAnswers = true
    desk.say('二')
    await settle(100)
    server.swallowsAnswers = false
    await settle(20_000)
    expect(server.written).toEqual(['一', '二'])
    expect(shown(desk)).toEqual(['一', '二'])
    expect(desk.state.outgoing).toEqual([])
  })

  test('outlives a page that is closed before it went out', async () => {
    const first = await arrive()
    server.reachable = false
    first.say('没发出去')
    await settle(500)
    vi.clearAllTimers()
    server.reachable = true
    const second = await arrive()
    expect(server.written).toEqual(['没发出去'])
    expect(shown(second)).toEqual(['没发出去'])
  })

  test('of two pages of the same visitor is stored once', async () => {
    const first = await arrive()
    first.say('一')
    await settle()
    server.reachable = false
    first.say('二')
    await settle(100)
    const second = visitorOf(server)
    server.reachable = true
    await second.start(null)
    first.wake()
    await settle(20_000)
    expect(server.written).toEqual(['一', '二'])
    expect(shown(second)).toEqual(['一', '二'])
  })

  test('is not sent without a pause while the line stands and requests fail', async () => {
    const desk = await arrive()
    desk.say('一')
    await settle()
    const before = server.requests.length
    server.swallowsAnswers = true
    desk.say('二')
    await settle(10_000)
    expect(server.requests.length - before).toBeLessThan(12)
  })

  test('that the desk refuses says why and lets the next one pass', async () => {
    const desk = await arrive()
    server.refusals.set('/messages', { status: 413, body: { code: 'message.too_long', fields: { limit: 2000 } } })
    desk.say('太长')
    desk.say('短')
    await settle()
    expect(desk.state.outgoing.map(({ text, state, error }) => [text, state, error])).toEqual([
      ['太长', 'failed', 'message.too_long'],
    ])
    expect(server.written).toEqual(['短'])
    desk.retry(desk.state.outgoing[0]!.key)
    await settle()
    expect(server.written).toEqual(['短', '太长'])
  })

  test('sent too fast waits as long as the desk asks', async () => {
    const desk = await arrive()
    server.refusals.set('/messages', { status: 429, body: { code: 'rate.limited', fields: { retry_after: 30 } } })
    desk.say('快')
    await settle(29_000)
    expect(server.written).toEqual([])
    await settle(2000)
    expect(server.written).toEqual(['快'])
  })

  test('of a visitor whom the desk has forgotten begins anew', async () => {
    localStorage.setItem('caredesk.token', '"gone"')
    const desk = await arrive()
    desk.say('还在吗')
    await settle()
    expect(server.written).toEqual(['还在吗'])
    expect(JSON.parse(localStorage.getItem('caredesk.token') ?? '')).toBe('token-1')
  })
})

describe('news', () => {
  test('that a push lost are fetched when a later one shows the gap', async () => {
    const desk = await arrive()
    desk.say('问')
    await settle()
    for (const text of ['甲', '乙', '丙', '丁']) server.say('agent', { kind: 'text', text }, { pushed: false })
    server.push()
    await settle()
    expect(shown(desk)).toEqual(['问', '甲', '乙', '丙', '丁'])
  })

  test('that was the last of a burst is noticed by the beat', async () => {
    const desk = await arrive()
    desk.say('问')
    await settle()
    server.say('agent', { kind: 'text', text: '最后' }, { pushed: false })
    server.sockets[0]!.event('beat', { at: '2026-11-23T04:00:15Z', heads: { c1: 2 } })
    await settle()
    expect(shown(desk)).toEqual(['问', '最后'])
  })

  test('heard twice are shown once', async () => {
    const desk = await arrive()
    desk.say('问')
    await settle()
    server.say('agent', { kind: 'text', text: '答' })
    server.push()
    await settle()
    expect(shown(desk)).toEqual(['问', '答'])
  })

  test('arrive by asking when no socket gets through, and the page says so', async () => {
    server.socketsWork = false
    const desk = await arrive()
    desk.say('问')
    await settle(10_000)
    expect(desk.state.link).toBe('polling')
    server.say('agent', { kind: 'text', text: '答' }, { pushed: false })
    await settle(5000)
    expect(shown(desk)).toEqual(['问', '答'])
    server.socketsWork = true
    await settle(40_000)
    expect(desk.state.link).toBe('live')
  })

  test('stop being promised when the desk does not answer', async () => {
    const desk = await arrive()
    desk.say('问')
    await settle()
    server.reachable = false
    server.breakSockets()
    await settle(400)
    expect(desk.state.link).toBe('live')
    await settle(8000)
    expect(desk.state.link).toBe('unreachable')
    server.reachable = true
    await settle(40_000)
    expect(desk.state.link).toBe('live')
  })

  test('of an earlier sitting are there again on return', async () => {
    const first = await arrive()
    first.say('问')
    await settle()
    server.say('bot', { kind: 'bot_text', text: '答', offer_person: false })
    await settle()
    const second = await arrive()
    expect(shown(second)).toEqual(['问', 'bot_text'])
  })

  test('count as unread until they are looked at, and the agent is told once', async () => {
    const desk = await arrive()
    desk.say('问')
    await settle()
    server.change({ status: 'active', agent_name: '李晓雯' })
    server.say('agent', { kind: 'text', text: '一' })
    server.say('agent', { kind: 'text', text: '二' })
    await settle()
    expect(desk.state.unread).toBe(2)
    desk.seen()
    desk.seen()
    await settle(2000)
    expect(desk.state.unread).toBe(0)
    expect(server.requests.filter(({ path }) => path.endsWith('/read')).map(({ body }) => body)).toEqual([{ up_to: 4 }])
  })

  test('of an agent who types fade by themselves', async () => {
    const desk = await arrive()
    desk.say('问')
    await settle()
    server.sockets[0]!.event('event', { type: 'agent.typed', conversation_id: 'c1', name: '李晓雯' })
    expect(desk.state.agentTyping).toBe('李晓雯')
    await settle(7000)
    expect(desk.state.agentTyping).toBe('')
  })
})

describe('a person', () => {
  test('is asked for once however often the button is tapped', async () => {
    const desk = await arrive()
    desk.askPerson()
    desk.askPerson()
    await settle()
    desk.askPerson()
    await settle()
    expect(server.requests.filter(({ path }) => path === '/person')).toHaveLength(1)
    expect(desk.state.conversation?.wait?.position).toBe(3)
    expect(desk.state.outgoing).toEqual([])
  })

  test('is not asked for by a wish from yesterday', async () => {
    server.reachable = false
    const first = await arrive()
    first.askPerson()
    await settle(100)
    vi.clearAllTimers()
    vi.setSystemTime(Date.parse('2026-11-24T04:00:00Z'))
    server.reachable = true
    await arrive()
    expect(server.requests.filter(({ path }) => path === '/person')).toEqual([])
  })

  test('sees that the visitor types, but not with every key', async () => {
    const desk = await arrive()
    desk.say('问')
    await settle()
    desk.typing()
    expect(server.heard.filter(([name]) => name === 'typing')).toEqual([])
    server.change({ status: 'active', agent_name: '李晓雯' })
    await settle()
    for (let key = 0; key < 20; key++) desk.typing()
    await settle(4000)
    desk.typing()
    expect(server.heard.filter(([name]) => name === 'typing')).toHaveLength(2)
  })
})

describe('a new conversation', () => {
  test('continues on the same screen below the closed one', async () => {
    const desk = await arrive()
    desk.say('旧')
    await settle()
    await desk.end()
    expect(desk.state.conversation?.status).toBe('closed')
    server.conversation = newConversation('c2')
    server.events.length = 0
    desk.say('新')
    await settle()
    expect(shown(desk)).toEqual(['旧', '新'])
    expect(desk.state.conversation?.id).toBe('c2')
  })
})

describe('a picture', () => {
  test('is uploaded, posted and forgotten by the device', async () => {
    const desk = await arrive()
    const sending = desk.sendPicture(new Blob(['x'], { type: 'image/jpeg' }), 4, 3)
    await settle(500)
    await sending
    await settle(500)
    expect(shown(desk)).toEqual(['picture'])
    expect(desk.state.outgoing).toEqual([])
  })
})

describe('a family', () => {
  test('that takes over a phone sees nothing of the one before', async () => {
    const desk = await arrive()
    desk.say('前一家的话')
    await settle()
    // The desk answers a known token with a new one when the identity names another family.
    server.conversation = null
    server.events.length = 0
    server.tokens.clear()
    server.tokens.add('token-other')
    server.refusals.set('/visit', {
      status: 200,
      body: { visitor_id: 'v2', token: 'token-other', family: null, conversation: null },
    })
    await desk.identify('signed')
    await settle()
    expect(shown(desk)).toEqual([])
    expect(desk.state.conversation).toBeNull()
  })

  test('whose identity has expired can still ask', async () => {
    server.refusals.set('/visit', { status: 400, body: { code: 'identity.refused', fields: { reason: 'expired' } } })
    const desk = visitorOf(server)
    await desk.start('old')
    desk.say('问')
    await settle()
    expect(server.written).toEqual(['问'])
    expect(server.requests.filter(({ path }) => path === '/visit').map(({ body }) => body)).toEqual([
      { language: 'zh', identity: 'old' },
      { language: 'zh', identity: null },
    ])
  })
})

describe('a phone', () => {
  test('remembers large text and language', async () => {
    const first = await arrive()
    first.setLarge(true)
    first.setLanguage('en')
    const second = await arrive()
    expect([second.state.large, second.state.language]).toEqual([true, 'en'])
  })

  test('that keeps nothing still works and says so', async () => {
    const desk = visitorOf(server, {
      storage: {
        length: 0,
        setItem: () => {
          throw new Error('blocked')
        },
      } as unknown as Storage,
    })
    await desk.start(null)
    expect(desk.state.lasting).toBe(false)
    desk.say('问')
    await settle()
    expect(server.written).toEqual(['问'])
  })

  test('that is handed on is cleared', async () => {
    const desk = await arrive()
    desk.say('问')
    await settle()
    desk.forget()
    expect(Object.keys(localStorage).filter((name) => name.startsWith('caredesk.'))).toEqual([])
    expect(desk.state.messages).toEqual([])
  })
})

describe('the clinic', () => {
  test('is looked at again when its state changes', async () => {
    await arrive()
    const asked = () => server.requests.filter(({ path }) => path === '/welcome').length
    expect(asked()).toBe(1)
    await settle(15 * 60_000 + 1000)
    expect(asked()).toBe(2)
  })
})
