import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Desk } from '../core/desk'
import en from '../i18n/en.json'
import { learn } from '../i18n'
import zh from '../i18n/zh.json'
import { FakeDesk, visitorOf } from '../testing/fake_desk'
import { Page } from './page'

let server: FakeDesk
let desk: Desk
let page: Page
let root: HTMLElement

beforeEach(async () => {
  vi.useFakeTimers({ now: Date.parse('2026-11-23T04:00:00Z') })
  localStorage.clear()
  learn('zh', zh)
  learn('en', en)
  server = new FakeDesk()
  await openPage()
})

afterEach(() => {
  vi.clearAllTimers()
  vi.useRealTimers()
})

async function openPage(): Promise<void> {
  document.body.innerHTML = '<div id="app" class="page"></div>'
  root = document.querySelector<HTMLElement>('#app')!
  desk = visitorOf(server)
  page = new Page(desk, root, { close: null, unread: () => undefined })
  await desk.start(null)
  await settle()
}

const settle = (ms = 50) => vi.advanceTimersByTimeAsync(ms)
const find = <E extends HTMLElement>(selector: string): E => root.querySelector<E>(selector)!
const words = (selector: string): string[] => Array.from(root.querySelectorAll(selector), (one) => one.textContent ?? '')
const buttonOf = (label: string): HTMLButtonElement =>
  Array.from(root.querySelectorAll('button')).find((one) => one.textContent?.trim() === label)!

function write(text: string): HTMLTextAreaElement {
  const input = find<HTMLTextAreaElement>('.input')
  input.value = text
  input.dispatchEvent(new Event('input'))
  return input
}

function enter(input: HTMLElement, more: KeyboardEventInit = {}): void {
  input.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true, ...more }))
}

async function say(text: string): Promise<void> {
  enter(write(text))
  await settle()
}

describe('the first screen', () => {
  test('tells whether somebody is there, until when, and what others ask', () => {
    expect(words('.clinic')[0]).toContain('现在是人工服务时间')
    expect(words('.clinic')[0]).toContain('今天 20:00')
    expect(words('.demo')[0]).toContain('虚构')
    expect(words('.choice')).toEqual(['怎么退费？'])
  })

  test('asks a question with one tap', async () => {
    find('.choice').click()
    await settle()
    expect(server.requests.find(({ path }) => path === '/messages')?.body).toMatchObject({ body: { kind: 'choice', entry_id: 'e1' } })
  })

  test('greets a family whose identity was vouched for', async () => {
    server.family = {
      greeting_name: '王女士',
      appointments: [{ child: '小*', department: '呼吸科', doctor: '周明远', starts_at: '2026-11-23T06:30:00Z', status: 'booked' }],
      parcels: [
        { number: 'SF1', carrier: '顺丰', status: 'shipped', eta: null, knowledge: 'fresh', last_at: null, last_text: '已到北京', silent_days: 0, heard_at: null, source: 'carrier' },
        { number: 'SF2', carrier: '顺丰', status: 'in_transit', eta: null, knowledge: 'stale', last_at: null, last_text: '已到天津', silent_days: 4, heard_at: null, source: 'carrier' },
        { number: 'SF3', carrier: '顺丰', status: 'packed', eta: null, knowledge: 'unknown', last_at: null, last_text: '', silent_days: 0, heard_at: null, source: 'hospital' },
      ],
    }
    await desk.identify('signed')
    await settle()
    expect(words('.hello h2')).toEqual(['王女士，您好'])
    server.family = { ...server.family, greeting_name: '王**' }
    await desk.identify('signed again')
    await settle()
    expect(words('.hello h2')).toEqual(['王家长，您好'])
    expect(words('.card li').join()).toMatch(/今天 14:30已预约.*顺丰 SF1已发出已到北京/)
    expect(words('.card li').join()).not.toContain('已到天津')
    expect(words('.card li').join()).toMatch(/SF2运输中4 天没有物流更新.*SF3已打包还没有物流信息/)
  })
})

describe('writing', () => {
  test('Enter sends, Shift+Enter and the Enter of a Chinese composition do not', async () => {
    const input = write('退费')
    enter(input, { isComposing: true })
    enter(input, { keyCode: 229 } as KeyboardEventInit)
    enter(input, { shiftKey: true })
    await settle()
    expect(server.written).toEqual([])
    enter(input)
    await settle()
    expect(server.written).toEqual(['退费'])
    expect(input.value).toBe('')
  })

  test('counts characters near the limit and holds what is too long', async () => {
    write('字'.repeat(89))
    expect(words('.counter')).toEqual([''])
    write('字'.repeat(95))
    expect(words('.counter')).toEqual(['还能写 5 个字'])
    const input = write('😀'.repeat(101))
    expect(words('.counter')).toEqual(['超出 1 个字，请分两次发送'])
    enter(input)
    await settle()
    expect(server.written).toEqual([])
  })

  test('keeps what is half written over a reload', async () => {
    write('写到一半')
    await openPage()
    expect(find<HTMLTextAreaElement>('.input').value).toBe('写到一半')
  })
})

describe('the conversation', () => {
  test('never turns anybody’s words into markup', async () => {
    await say('<img src=x onerror=alert(1)><b>粗</b>')
    server.say('agent', { kind: 'text', text: '<script>alert(1)</script>' }, { name: '李晓雯' })
    await settle()
    expect(root.querySelectorAll('.row img, .row b, .row script')).toHaveLength(0)
    expect(words('.mine .words')).toEqual(['<img src=x onerror=alert(1)><b>粗</b>'])
  })

  test('shows an answer with its source and takes the word about it', async () => {
    await say('怎么退')
    const answer = {
      kind: 'answer' as const,
      entry_id: 'e1',
      question: '怎么退费？',
      text: '**原路**退回',
      source: '《收费办法》',
      owner: '财务科',
      valid_until: '2027-12-31',
      related: [{ entry_id: 'e2', question: '多久到账？' }],
      live: null,
      also: [],
    }
    const { id } = server.say('bot', answer)
    await settle()
    expect(words('.origin')[0]).toBe('来源：《收费办法》负责：财务科有效期至 2027-12-31')
    expect(words('.answer strong')).toEqual(['原路'])
    buttonOf('没帮助').click()
    await settle()
    expect(server.requests.find(({ path }) => path === `/answers/${id}/feedback`)?.body).toEqual({ helpful: false })
    expect(words('.feedback')[0]).toContain('找人工')
  })

  test('shows two answers in one message, and as of when live data were true', async () => {
    await say('皮肤科周六出诊吗，另外怎么退费')
    const live = { provider: 'clinic_sessions', state: 'fresh' as const, as_of: new Date().toISOString(), source: '门诊排班' }
    const part = { entry_id: 'e2', question: '怎么退费？', text: '原路退回', source: '《收费办法》', owner: '', valid_until: null, live: null }
    const first = { ...part, entry_id: 'e1', question: '医生哪天出诊？', text: '08:00–12:00 吴安然', source: '', live }
    server.say('bot', { kind: 'answer', ...first, related: [], also: [part] })
    await settle()
    expect(words('.answer h3')).toEqual(['医生哪天出诊？', '怎么退费？'])
    expect(words('.origin')[0]).toMatch(/^截至 今天 \d\d:\d\d · 门诊排班$/)
    expect(words('.origin')[1]).toBe('来源：《收费办法》')
    expect(root.querySelectorAll('.feedback')).toHaveLength(1)
  })

  test('offers a person where live data are missing', async () => {
    await say('药到哪了')
    const live = { provider: 'parcels', state: 'stale' as const, as_of: new Date().toISOString(), source: '快递轨迹' }
    const answer = { entry_id: 'e1', question: '药到哪了？', text: '4 天没有更新', source: '', owner: '', valid_until: null, live }
    server.say('bot', { kind: 'answer', ...answer, related: [], also: [] })
    await settle()
    expect(words('.answer button')).toContain('找人工')
    expect(words('.origin')).toEqual([])
  })

  test('says the words of a choice that no entry answers', async () => {
    await say('医生哪天出诊')
    server.say('bot', { kind: 'suggestions', text: '您想问哪个科室？', choices: [{ entry_id: '', question: '皮肤科' }] })
    await settle()
    buttonOf('皮肤科').click()
    await settle()
    expect(words('.mine .words').at(-1)).toBe('皮肤科')
    expect(server.requests.at(-1)?.body).toMatchObject({ body: { kind: 'text', text: '皮肤科' } })
  })

  test('folds a long answer', async () => {
    await say('问')
    server.say('bot', { kind: 'bot_text', text: '很长的回答。'.repeat(60), offer_person: false })
    await settle()
    const fold = buttonOf('展开全文')
    expect(fold.getAttribute('aria-expanded')).toBe('false')
    fold.click()
    expect(root.querySelector('.folded')).toBeNull()
    expect(fold.textContent).toBe('收起')
  })

  test('shows an emergency with a call button, and goes on showing it above', async () => {
    await say('抽搐')
    server.say('bot', { kind: 'emergency', text: '请先打电话', phone: '120' })
    await settle()
    expect(find<HTMLAnchorElement>('.bubble a.call').getAttribute('href')).toBe('tel:120')
    expect(find('.bubble [role=alert]')).not.toBeNull()
    expect(find<HTMLAnchorElement>('.strip.emergency a').getAttribute('href')).toBe('tel:120')
  })

  test('does not repeat the questions that stand below as buttons', async () => {
    await say('退')
    const choices = [{ entry_id: 'e1', question: '怎么退费？' }]
    server.say('bot', { kind: 'suggestions', text: '是不是：\n1. 怎么退费？', choices })
    await settle()
    expect(words('.is-suggestions .prose')).toEqual(['是不是：'])
    expect(words('.is-suggestions .choice')).toEqual(['怎么退费？'])
  })

  test('says when own words were delivered and read', async () => {
    await say('问')
    server.change({ status: 'active', agent_name: '李晓雯' })
    await settle()
    expect(words('.receipt')).toEqual(['已送达'])
    server.change({ read_by_staff_seq: 1 })
    await settle()
    expect(words('.receipt')).toEqual(['已读'])
    expect(words('.who')).toEqual(['客服 李晓雯 为您服务'])
  })

  test('keeps the elements of what has not changed', async () => {
    await say('一')
    const before = find('.row.mine')
    await say('二')
    server.say('agent', { kind: 'text', text: '答' }, { name: '李' })
    await settle()
    expect(find('.row.mine')).toBe(before)
  })
})

describe('a person', () => {
  test('has a place in the queue told in people and minutes', async () => {
    buttonOf('找人工').click()
    await settle()
    expect(words('.waiting')[0]).toContain('您前面还有 2 位')
    expect(words('.waiting')[0]).toContain('预计 3 到 6 分钟')
    expect(words('.tool.person')).toEqual(['排队中'])
    server.change({ wait: { position: 1, low_minutes: null, high_minutes: null } })
    await settle()
    expect(words('.waiting')[0]).toContain('下一位就是您')
    expect(words('.waiting')[0]).toContain('说不准')
  })

  test('who is not there leaves a form with the exact time', async () => {
    await say('找人工')
    server.say('desk', { kind: 'notice', code: 'queue.closed', fields: { next_open: '2026-11-24T00:00:00Z' } })
    await settle()
    expect(words('.letter')[0]).toContain('明天 08:00 上班')
    find<HTMLInputElement>('#letter-phone').value = '不是电话'
    find<HTMLTextAreaElement>('#letter-text').value = '药没到'
    buttonOf('提交留言').click()
    expect(words('.fault')).toEqual(['电话号码好像不对，请检查一下'])
    find<HTMLInputElement>('#letter-phone').value = '138 0000 0000'
    buttonOf('提交留言').click()
    await settle()
    expect(server.requests.find(({ path }) => path === '/conversations/c1/message')?.body).toMatchObject({
      text: '药没到',
      phone: '138 0000 0000',
    })
    server.change({ status: 'message', promised_at: '2026-11-24T00:30:00Z' })
    await settle()
    expect(root.querySelector('.letter')).toBeNull()
    expect(words('.waiting')[0]).toContain('客服会在 明天 08:30 前回复您')
  })

  test('who takes over is announced once, with what they can see', async () => {
    await say('问')
    server.say('desk', { kind: 'notice', code: 'agent.joined', fields: { name: '李晓雯' } })
    server.say('desk', { kind: 'notice', code: 'agent.joined', fields: { name: '王思远', transferred: '1' } })
    await settle()
    expect(words('.row.desk')).toEqual([
      '客服 李晓雯 已接入，为您服务',
      '已为您转给客服 王思远，前面的对话对方都能看到',
    ])
  })

  test('is rated with reasons that fit the stars', async () => {
    await say('问')
    server.say('agent', { kind: 'text', text: '答' }, { name: '李' })
    server.change({ status: 'closed' })
    await settle()
    const stars = Array.from(root.querySelectorAll<HTMLInputElement>('.star input'))
    stars[1]!.click()
    expect(words('.tick')).toEqual(['等得太久'])
    stars[4]!.click()
    expect(words('.tick')).toEqual(['回复很快'])
    find<HTMLInputElement>('.tick input').click()
    buttonOf('提交评价').click()
    await settle()
    expect(server.requests.find(({ path }) => path.endsWith('/rating'))?.body).toEqual({ score: 5, reasons: ['quick'], comment: '' })
    expect(words('.rating')[0]).toContain('谢谢您的评价')
  })
})

describe('the page', () => {
  test('says that it is offline and what waits', async () => {
    await say('一')
    server.reachable = false
    server.breakSockets()
    await say('二')
    await settle(8000)
    expect(find('.strip.connection').hidden).toBe(false)
    expect(words('.strip.connection > span')).toEqual(['暂时连不上客服系统，正在重试。您写的话会先存着。', '打客服电话 400-000-0000service@hospital.example'])
    expect(words('.receipt')).toContain('待发送')
  })

  test('switches language and remembers it', async () => {
    desk.setLanguage('en')
    await settle()
    expect(document.documentElement.lang).toBe('en')
    expect(words('.hello h2')).toEqual(['Hello, how can we help?'])
    await openPage()
    expect(words('.hello h2')).toEqual(['Hello, how can we help?'])
  })

  test('shows nothing of the one before when the phone is handed on', async () => {
    await say('前一位的话')
    write('没写完')
    desk.forget()
    await settle()
    expect(words('.mine')).toEqual([])
    expect(find<HTMLTextAreaElement>('.input').value).toBe('')
  })

  test('has a large-text mode that is remembered', async () => {
    buttonOf('大字').click()
    await settle()
    await openPage()
    expect(document.documentElement.classList.contains('large')).toBe(true)
    expect(buttonOf('大字').getAttribute('aria-pressed')).toBe('true')
  })

  test('opens its menu as a dialog and gives the focus back', async () => {
    const menu = find<HTMLButtonElement>('[aria-label="更多"]')
    menu.focus()
    menu.click()
    expect(find('[role=dialog]').getAttribute('aria-modal')).toBe('true')
    expect(find('[role=dialog]').contains(document.activeElement)).toBe(true)
    root.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' }))
    await settle()
    expect(root.querySelector('[role=dialog]')).toBeNull()
    expect(document.activeElement).toBe(menu)
  })

  test('in a folded frame counts what is unread', async () => {
    const unread: number[] = []
    document.body.innerHTML = '<div id="app"></div>'
    root = document.querySelector<HTMLElement>('#app')!
    page = new Page(desk, root, { close: () => undefined, unread: (count) => unread.push(count) })
    desk.say('问')
    await settle()
    server.say('agent', { kind: 'text', text: '答' })
    await settle()
    expect(unread[unread.length - 1]).toBe(1)
    page.shown = true
    page.looked()
    await settle()
    expect(unread[unread.length - 1]).toBe(0)
  })
})
