import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { visitorOf } from '../testing/fake_desk'
import { settle, shown, Sitting } from '../testing/sitting'

let sitting: Sitting

beforeEach(() => {
  sitting = new Sitting()
})

afterEach(() => sitting.end())

describe('who only looks', () => {
  test('leaves no visit behind', async () => {
    const desk = await sitting.arrive()
    expect(desk.state.welcome?.hospital).toBe('童康儿童互联网医院')
    expect(sitting.server.visits).toBe(0)
    expect(desk.state.link).toBe('idle')
  })
})

describe('a message', () => {
  test('opens the visit, is shown once and leaves the device', async () => {
    const desk = await sitting.arrive()
    desk.say('怎么退费')
    expect(desk.state.outgoing.map(({ text }) => text)).toEqual(['怎么退费'])
    await settle()
    expect(sitting.server.written).toEqual(['怎么退费'])
    expect(shown(desk)).toEqual(['怎么退费'])
    expect(desk.state.outgoing).toEqual([])
    expect(localStorage.getItem('caredesk.outgoing')).toBeNull()
    expect(desk.state.link).toBe('live')
  })

  test('keeps its order with what the desk says meanwhile', async () => {
    const desk = await sitting.arrive()
    desk.say('一')
    await settle()
    sitting.server.say('bot', { kind: 'bot_text', text: '答', offer_person: false }, { pushed: false })
    desk.say('二')
    await settle()
    expect(shown(desk)).toEqual(['一', 'bot_text', '二'])
  })

  test('goes over the line while it stands, else by request', async () => {
    const desk = await sitting.arrive()
    const ways = () => sitting.server.requests.filter(({ path }) => path === '/messages').map(({ method }) => method)
    desk.say('连上了')
    await settle()
    expect(ways()).toEqual(['LINE'])
    sitting.server.socketsWork = false
    sitting.server.breakSockets()
    desk.say('断开了')
    desk.say('很长'.repeat(2001))
    await settle()
    expect(ways()).toEqual(['LINE', 'POST', 'POST'])
    expect(shown(desk).slice(0, 2)).toEqual(['连上了', '断开了'])
  })

  test('that a busy desk has not taken waits on the device and goes again', async () => {
    const desk = await sitting.arrive()
    desk.say('一')
    await settle()
    sitting.server.refusals.set('/messages', { status: 503, body: { code: 'desk.busy', fields: { retry_after: 2 } } })
    desk.say('二')
    await settle(500)
    expect(desk.state.outgoing.map(({ text, state }) => [text, state])).toEqual([['二', 'waiting']])
    await settle(2000)
    expect(sitting.server.written).toEqual(['一', '二'])
    expect(desk.state.outgoing).toEqual([])
  })

  test('whose line breaks before the answer goes again at once by request, and is stored once', async () => {
    const desk = await sitting.arrive()
    desk.say('一')
    await settle()
    sitting.server.swallowsAnswers = true
    desk.say('二')
    await settle(10)
    sitting.server.swallowsAnswers = false
    sitting.server.breakSockets()
    await settle(2000)
    expect(sitting.server.written).toEqual(['一', '二'])
    expect(shown(desk)).toEqual(['一', '二'])
    expect(desk.state.outgoing).toEqual([])
  })

  test('written offline waits on the device and goes out exactly once when the network is back', async () => {
    const desk = await sitting.arrive()
    desk.say('在线')
    await settle()
    sitting.online = false
    sitting.server.reachable = false
    sitting.server.breakSockets()
    desk.networkLost()
    desk.say('离线一')
    desk.say('离线二')
    await settle(8000)
    expect(desk.state.link).toBe('offline')
    expect(desk.state.outgoing.map(({ text, state }) => [text, state])).toEqual([
      ['离线一', 'waiting'],
      ['离线二', 'waiting'],
    ])
    sitting.online = true
    sitting.server.reachable = true
    desk.wake()
    await settle(2000)
    expect(sitting.server.written).toEqual(['在线', '离线一', '离线二'])
    expect(shown(desk)).toEqual(['在线', '离线一', '离线二'])
    expect(desk.state.link).toBe('live')
  })

  test('whose answer was lost is sent again and stored once', async () => {
    const desk = await sitting.arrive()
    desk.say('一')
    await settle()
    sitting.server.swallowsAnswers = true
    desk.say('二')
    await settle(100)
    sitting.server.swallowsAnswers = false
    await settle(20_000)
    expect(sitting.server.written).toEqual(['一', '二'])
    expect(shown(desk)).toEqual(['一', '二'])
    expect(desk.state.outgoing).toEqual([])
  })

  test('outlives a page that is closed before it went out', async () => {
    const first = await sitting.arrive()
    sitting.server.reachable = false
    first.say('没发出去')
    await settle(500)
    vi.clearAllTimers()
    sitting.server.reachable = true
    const second = await sitting.arrive()
    expect(sitting.server.written).toEqual(['没发出去'])
    expect(shown(second)).toEqual(['没发出去'])
  })

  test('of two pages of the same visitor is stored once', async () => {
    const first = await sitting.arrive()
    first.say('一')
    await settle()
    sitting.server.reachable = false
    first.say('二')
    await settle(100)
    const second = visitorOf(sitting.server)
    sitting.server.reachable = true
    await second.start(null)
    first.wake()
    await settle(20_000)
    expect(sitting.server.written).toEqual(['一', '二'])
    expect(shown(second)).toEqual(['一', '二'])
  })

  test('is not sent without a pause while the line stands and requests fail', async () => {
    const desk = await sitting.arrive()
    desk.say('一')
    await settle()
    const before = sitting.server.requests.length
    sitting.server.swallowsAnswers = true
    desk.say('二')
    await settle(10_000)
    expect(sitting.server.requests.length - before).toBeLessThan(12)
  })

  test('that the desk refuses says why and lets the next one pass', async () => {
    const desk = await sitting.arrive()
    sitting.server.refusals.set('/messages', { status: 413, body: { code: 'message.too_long', fields: { limit: 2000 } } })
    desk.say('太长')
    desk.say('短')
    await settle()
    expect(desk.state.outgoing.map(({ text, state, error }) => [text, state, error])).toEqual([
      ['太长', 'failed', 'message.too_long'],
    ])
    expect(sitting.server.written).toEqual(['短'])
    desk.retry(desk.state.outgoing[0]!.key)
    await settle()
    expect(sitting.server.written).toEqual(['短', '太长'])
  })

  test('sent too fast waits as long as the desk asks', async () => {
    const desk = await sitting.arrive()
    sitting.server.refusals.set('/messages', { status: 429, body: { code: 'rate.limited', fields: { retry_after: 30 } } })
    desk.say('快')
    await settle(29_000)
    expect(sitting.server.written).toEqual([])
    await settle(2000)
    expect(sitting.server.written).toEqual(['快'])
  })

  test('of a visitor whom the desk has forgotten begins anew', async () => {
    localStorage.setItem('caredesk.token', '"gone"')
    const desk = await sitting.arrive()
    desk.say('还在吗')
    await settle()
    expect(sitting.server.written).toEqual(['还在吗'])
    expect(JSON.parse(localStorage.getItem('caredesk.token') ?? '')).toBe('token-1')
  })
})

describe('a picture', () => {
  test('is uploaded, posted and forgotten by the device', async () => {
    const desk = await sitting.arrive()
    const sending = desk.sendPicture(new Blob(['x'], { type: 'image/jpeg' }), 4, 3)
    await settle(500)
    await sending
    await settle(500)
    expect(shown(desk)).toEqual(['picture'])
    expect(desk.state.outgoing).toEqual([])
  })
})
