import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { newConversation, visitorOf } from '../testing/fake_desk'
import { settle, shown, Sitting } from '../testing/sitting'

let sitting: Sitting

beforeEach(() => {
  sitting = new Sitting()
})

afterEach(() => sitting.end())

describe('news', () => {
  test('that a push lost are fetched when a later one shows the gap', async () => {
    const desk = await sitting.arrive()
    desk.say('问')
    await settle()
    for (const text of ['甲', '乙', '丙', '丁']) sitting.server.say('agent', { kind: 'text', text }, { pushed: false })
    sitting.server.push()
    await settle()
    expect(shown(desk)).toEqual(['问', '甲', '乙', '丙', '丁'])
  })

  test('that was the last of a burst is noticed by the beat', async () => {
    const desk = await sitting.arrive()
    desk.say('问')
    await settle()
    sitting.server.say('agent', { kind: 'text', text: '最后' }, { pushed: false })
    sitting.server.sockets[0]!.event('beat', { at: '2026-11-23T04:00:15Z', heads: { c1: 2 } })
    await settle()
    expect(shown(desk)).toEqual(['问', '最后'])
  })

  test('heard twice are shown once', async () => {
    const desk = await sitting.arrive()
    desk.say('问')
    await settle()
    sitting.server.say('agent', { kind: 'text', text: '答' })
    sitting.server.push()
    await settle()
    expect(shown(desk)).toEqual(['问', '答'])
  })

  test('arrive by asking when no socket gets through, and the page says so', async () => {
    sitting.server.socketsWork = false
    const desk = await sitting.arrive()
    desk.say('问')
    await settle(10_000)
    expect(desk.state.link).toBe('polling')
    sitting.server.say('agent', { kind: 'text', text: '答' }, { pushed: false })
    await settle(5000)
    expect(shown(desk)).toEqual(['问', '答'])
    sitting.server.socketsWork = true
    await settle(40_000)
    expect(desk.state.link).toBe('live')
  })

  test('stop being promised when the desk does not answer', async () => {
    const desk = await sitting.arrive()
    desk.say('问')
    await settle()
    sitting.server.reachable = false
    sitting.server.breakSockets()
    await settle(400)
    expect(desk.state.link).toBe('live')
    await settle(8000)
    expect(desk.state.link).toBe('unreachable')
    sitting.server.reachable = true
    await settle(40_000)
    expect(desk.state.link).toBe('live')
  })

  test('of an earlier sitting are there again on return', async () => {
    const first = await sitting.arrive()
    first.say('问')
    await settle()
    sitting.server.say('bot', { kind: 'bot_text', text: '答', offer_person: false })
    await settle()
    const second = await sitting.arrive()
    expect(shown(second)).toEqual(['问', 'bot_text'])
  })

  test('count as unread until they are looked at, and the agent is told once', async () => {
    const desk = await sitting.arrive()
    desk.say('问')
    await settle()
    sitting.server.change({ status: 'active', agent_name: '李晓雯' })
    sitting.server.say('agent', { kind: 'text', text: '一' })
    sitting.server.say('agent', { kind: 'text', text: '二' })
    await settle()
    expect(desk.state.unread).toBe(2)
    desk.seen()
    desk.seen()
    await settle(2000)
    expect(desk.state.unread).toBe(0)
    expect(sitting.server.requests.filter(({ path }) => path.endsWith('/read')).map(({ body }) => body)).toEqual([{ up_to: 4 }])
  })

  test('of an agent who types fade by themselves', async () => {
    const desk = await sitting.arrive()
    desk.say('问')
    await settle()
    sitting.server.sockets[0]!.event('event', { type: 'agent.typed', conversation_id: 'c1', name: '李晓雯' })
    expect(desk.state.agentTyping).toBe('李晓雯')
    await settle(7000)
    expect(desk.state.agentTyping).toBe('')
  })
})

describe('a person', () => {
  test('is asked for once however often the button is tapped', async () => {
    const desk = await sitting.arrive()
    desk.askPerson()
    desk.askPerson()
    await settle()
    desk.askPerson()
    await settle()
    expect(sitting.server.requests.filter(({ path }) => path === '/person')).toHaveLength(1)
    expect(desk.state.conversation?.wait?.position).toBe(3)
    expect(desk.state.outgoing).toEqual([])
  })

  test('is not asked for by a wish from yesterday', async () => {
    sitting.server.reachable = false
    const first = await sitting.arrive()
    first.askPerson()
    await settle(100)
    vi.clearAllTimers()
    vi.setSystemTime(Date.parse('2026-11-24T04:00:00Z'))
    sitting.server.reachable = true
    await sitting.arrive()
    expect(sitting.server.requests.filter(({ path }) => path === '/person')).toEqual([])
  })

  test('sees that the visitor types, but not with every key', async () => {
    const desk = await sitting.arrive()
    desk.say('问')
    await settle()
    desk.typing()
    expect(sitting.server.heard.filter(([name]) => name === 'typing')).toEqual([])
    sitting.server.change({ status: 'active', agent_name: '李晓雯' })
    await settle()
    for (let key = 0; key < 20; key++) desk.typing()
    await settle(4000)
    desk.typing()
    expect(sitting.server.heard.filter(([name]) => name === 'typing')).toHaveLength(2)
  })
})

describe('a new conversation', () => {
  test('continues on the same screen below the closed one', async () => {
    const desk = await sitting.arrive()
    desk.say('旧')
    await settle()
    await desk.end()
    expect(desk.state.conversation?.status).toBe('closed')
    sitting.server.conversation = newConversation('c2')
    sitting.server.events.length = 0
    desk.say('新')
    await settle()
    expect(shown(desk)).toEqual(['旧', '新'])
    expect(desk.state.conversation?.id).toBe('c2')
  })
})

describe('a family', () => {
  test('that takes over a phone sees nothing of the one before', async () => {
    const desk = await sitting.arrive()
    desk.say('前一家的话')
    await settle()
    // The desk answers a known token with a new one when the identity names another family.
    sitting.server.conversation = null
    sitting.server.events.length = 0
    sitting.server.tokens.clear()
    sitting.server.tokens.add('token-other')
    sitting.server.refusals.set('/visit', {
      status: 200,
      body: { visitor_id: 'v2', token: 'token-other', family: null, conversation: null },
    })
    await desk.identify('signed')
    await settle()
    expect(shown(desk)).toEqual([])
    expect(desk.state.conversation).toBeNull()
  })

  test('whose identity has expired can still ask', async () => {
    sitting.server.refusals.set('/visit', { status: 400, body: { code: 'identity.refused', fields: { reason: 'expired' } } })
    const desk = visitorOf(sitting.server)
    await desk.start('old')
    desk.say('问')
    await settle()
    expect(sitting.server.written).toEqual(['问'])
    expect(sitting.server.requests.filter(({ path }) => path === '/visit').map(({ body }) => body)).toEqual([
      { language: 'zh', identity: 'old' },
      { language: 'zh', identity: null },
    ])
  })
})

describe('a phone', () => {
  test('remembers large text and language', async () => {
    const first = await sitting.arrive()
    first.setLarge(true)
    first.setLanguage('en')
    const second = await sitting.arrive()
    expect([second.state.large, second.state.language]).toEqual([true, 'en'])
  })

  test('that keeps nothing still works and says so', async () => {
    const desk = visitorOf(sitting.server, {
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
    expect(sitting.server.written).toEqual(['问'])
  })

  test('that is handed on is cleared', async () => {
    const desk = await sitting.arrive()
    desk.say('问')
    await settle()
    desk.forget()
    expect(Object.keys(localStorage).filter((name) => name.startsWith('caredesk.'))).toEqual([])
    expect(desk.state.messages).toEqual([])
  })
})

describe('the clinic', () => {
  test('is looked at again when its state changes', async () => {
    await sitting.arrive()
    const asked = () => sitting.server.requests.filter(({ path }) => path === '/welcome').length
    expect(asked()).toBe(1)
    await settle(15 * 60_000 + 1000)
    expect(asked()).toBe(2)
  })
})
