/** An entry as a form: empty, from the server, checked, and merged with what somebody else has saved. Pure. */
import type { Schemas } from '@contract'
import type { EntryForm } from './api'

export const LONGEST = { question: 200, category: 60, answer: 8000, source: 200, owner: 60, similar: 200 } as const
export const MOST_SIMILAR = 100

export type Fault = 'empty' | 'too_long' | 'too_many' | 'order'
export type Faults = Partial<Record<keyof EntryForm, Fault>>

export function emptyForm(): EntryForm {
  return {
    category: '', question: '', similar: [], answer: '', source: '', owner: '', valid_from: null, valid_until: null,
    recheck_on: null, popular: false, audience: 'parent', live: '', attachments: [],
  }
}

/** The form of what the server has; the id stays outside. */
export function formOf(content: Schemas['EntryContent']): EntryForm {
  return {
    category: content.category,
    question: content.question,
    similar: [...content.similar],
    answer: content.answer,
    source: content.source ?? '',
    owner: content.owner ?? '',
    valid_from: content.valid_from ?? null,
    valid_until: content.valid_until ?? null,
    recheck_on: content.recheck_on ?? null,
    popular: content.popular ?? false,
    audience: content.audience ?? 'parent',
    live: content.live ?? '',
    attachments: (content.attachments ?? []).map((one) => ({ id: one.id, name: one.name, media_type: one.media_type ?? '', size: one.size ?? 0 })),
  }
}

/** The form as it is sent: without outer blanks, empty lines and doubles. */
export function tidy(form: EntryForm): EntryForm {
  const similar = form.similar.map((text) => text.trim()).filter((text) => text !== '')
  return {
    ...form,
    category: form.category.trim(),
    question: form.question.trim(),
    answer: form.answer.trim(),
    source: form.source.trim(),
    owner: form.owner.trim(),
    similar: [...new Set(similar)],
  }
}

export function isSame(one: EntryForm, other: EntryForm): boolean {
  return JSON.stringify(tidy(one)) === JSON.stringify(tidy(other))
}

/** What keeps a form from being saved, by field. The server checks the same again. */
export function faultsOf(form: EntryForm): Faults {
  const faults: Faults = {}
  if (form.question.trim() === '') faults.question = 'empty'
  if (form.answer.trim() === '') faults.answer = 'empty'
  for (const field of ['question', 'category', 'answer', 'source', 'owner'] as const) {
    if (Array.from(form[field].trim()).length > LONGEST[field]) faults[field] = 'too_long'
  }
  if (form.similar.some((text) => text.trim().length > LONGEST.similar)) faults.similar = 'too_long'
  if (form.similar.length > MOST_SIMILAR) faults.similar = 'too_many'
  if (form.valid_from && form.valid_until && form.valid_until < form.valid_from) faults.valid_until = 'order'
  return faults
}

/** A form behind a page is watched, and what is watched can't be cloned by the browser. */
export function copy<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value
}

export type Merged = {
  form: EntryForm
  /** Fields that only the other person changed; theirs was taken. */
  taken: (keyof EntryForm)[]
  /** Fields that both changed differently; mine stays until somebody decides. */
  disputed: (keyof EntryForm)[]
}

/** Brings what two people made of the same form together, so that nothing of either is lost. */
export function merge(base: EntryForm, mine: EntryForm, theirs: EntryForm): Merged {
  const form = copy(mine)
  const taken: (keyof EntryForm)[] = []
  const disputed: (keyof EntryForm)[] = []
  for (const field of Object.keys(base) as (keyof EntryForm)[]) {
    const [was, my, their] = [base, mine, theirs].map((one) => JSON.stringify(tidy(one)[field]))
    if (their === was || their === my) continue
    if (my === was) {
      Object.assign(form, { [field]: copy(theirs[field]) })
      taken.push(field)
    } else disputed.push(field)
  }
  return { form, taken, disputed }
}
