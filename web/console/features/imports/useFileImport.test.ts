import { expect, test } from 'vitest'
import { useFileImport } from './useFileImport'

function chosen(name: string): { event: Event; box: { value: string } } {
  const box = { files: [new File(['x'], name)], value: name }
  return { event: { target: box } as unknown as Event, box }
}

test('a chosen file is read at once, and can be chosen again', async () => {
  const { file, shown, choose } = useFileImport((one) => Promise.resolve(`read ${one.name}`))
  const { event, box } = chosen('week.csv')
  choose(event)
  await expect.poll(() => shown.value).toBe('read week.csv')
  expect([file.value?.name, box.value]).toEqual(['week.csv', ''])
})

test('what fails is said, shows nothing, and is tried again on the same file', async () => {
  let broken = true
  const { shown, failure, choose, look } = useFileImport(() => (broken ? Promise.reject(new Error('broken')) : Promise.resolve('fine')))
  choose(chosen('week.csv').event)
  await expect.poll(() => failure.value).not.toBe('')
  expect(shown.value).toBeNull()
  broken = false
  await look()
  expect([shown.value, failure.value]).toEqual(['fine', ''])
})

test('one thing is done at a time, and nothing without a file', async () => {
  const { shown, busy, choose, run } = useFileImport(() => Promise.resolve('read'))
  let times = 0
  await run(() => { times += 1; return Promise.resolve() })
  expect(times).toBe(0)
  choose(chosen('week.csv').event)
  expect(busy.value).toBe(true)
  await run(() => { times += 1; return Promise.resolve() })
  expect(times).toBe(0)
  await expect.poll(() => shown.value).toBe('read')
})
