import { describe, expect, it } from 'vitest'
import type { Prompt, Setup, SetupQueue } from './api'
import { faultsOf, freeDigit, isSound, moved, ofKind, promptsFor, withOption, without } from './menu'

const QUEUES: SetupQueue[] = [
  { key: 'general', name: '在线客服', name_en: 'Online', open: true, next_open: null },
  { key: 'medicine', name: '药品与物流', name_en: 'Medicine', open: false, next_open: null },
]

function setup(part: Partial<Setup> = {}): Setup {
  return {
    options: [{ digit: '1', kind: 'queue', queue_key: 'general', prompt: null }],
    default_queue: 'general',
    rounds: 2,
    digit_seconds: 6,
    announce_seconds: 45,
    record_outgoing: false,
    say_cancelled: true,
    record: true,
    call_back: true,
    call_back_attempts: 3,
    call_back_pause_minutes: 10,
    voicemail: true,
    voicemail_seconds: 120,
    voicemail_silence_seconds: 6,
    ring_seconds: 20,
    wrap_up_seconds: 60,
    caller_id: '',
    ...part,
  }
}

describe('the menu', () => {
  it('grows by the next free key and not beyond ten lines', () => {
    expect(withOption(setup(), QUEUES).options[1]).toEqual({ digit: '2', kind: 'queue', queue_key: 'general', prompt: null })
    let full = setup()
    for (let n = 0; n < 20; n += 1) full = withOption(full, QUEUES)
    expect(full.options).toHaveLength(10)
    expect(freeDigit(full)).toBe('*')
  })

  it('with one key for two things is not sound', () => {
    const twice = setup({ options: [...setup().options, { digit: '1', kind: 'message', queue_key: null, prompt: null }] })
    expect(isSound(twice, QUEUES)).toBe(false)
  })

  it('that leads to a queue that is gone is not sound', () => {
    const gone = setup({ options: [{ digit: '1', kind: 'queue', queue_key: 'gone', prompt: null }] })
    expect(faultsOf(gone.options[0]!, gone, QUEUES)).toEqual(['queue_gone'])
    expect(isSound(gone, QUEUES)).toBe(false)
  })

  it('that offers what is switched off warns and can be kept', () => {
    const off = setup({ voicemail: false, options: [{ digit: '9', kind: 'message', queue_key: null, prompt: null }] })
    expect(faultsOf(off.options[0]!, off, QUEUES)).toEqual(['voicemail_off'])
    expect(isSound(off, QUEUES)).toBe(true)
  })

  it('keeps the key of a line that becomes something else', () => {
    const about = { queues: QUEUES, information: ['info_booking'] }
    const heard = ofKind(setup().options[0]!, 'information', about)
    expect(heard).toEqual({ digit: '1', kind: 'information', queue_key: null, prompt: 'info_booking' })
    expect(ofKind(heard, 'queue', about)).toEqual({ digit: '1', kind: 'queue', queue_key: 'general', prompt: null })
  })

  it('is put in another order and made shorter', () => {
    const two = withOption(setup(), QUEUES)
    expect(moved(two, 1, -1).options.map((one) => one.digit)).toEqual(['2', '1'])
    expect(moved(two, 0, -1)).toEqual(two)
    expect(moved(two, 1, 1)).toEqual(two)
    expect(without(two, 0).options.map((one) => one.digit)).toEqual(['2'])
  })
})

it('prompts that somebody recorded stand first, and words find the others', () => {
  const prompt = (part: Partial<Prompt>): Prompt => ({
    name: 'n_1', kind: 'part', zh: '一', en: 'one', origin: 'speech', seconds: 1, sha256: 'a'.repeat(64), uploaded_by: '', uploaded_at: null, ...part,
  })
  const all = [prompt({}), prompt({ name: 'goodbye', kind: 'phrase', zh: '再见', en: 'goodbye' }), prompt({ name: 'n_2', zh: '二', en: 'two', origin: 'uploaded' })]
  expect(promptsFor(all, '').map((one) => one.name)).toEqual(['n_2', 'goodbye', 'n_1'])
  expect(promptsFor(all, '再见').map((one) => one.name)).toEqual(['goodbye'])
})
