/** Nothing about a person is ever kept on the phone, and a push opens the request it tells of. */
import { expect, test } from 'vitest'
import { addressOf, filesOf, kindOf, requestOf } from './shell'

const ORIGIN = 'https://desk.example'

function kind(path: string, mode = 'cors', method = 'GET'): string {
  return kindOf({ method, mode, url: new URL(path, ORIGIN).href }, ORIGIN)
}

test('the page and its built files may be kept, answers about people never', () => {
  expect([kind('/doctor', 'navigate'), kind('/doctor/today', 'navigate')]).toEqual(['page', 'page'])
  expect(kind('/static/doctor_desk/assets/index-DcJr-flp.js')).toBe('built')
  for (const path of ['/api/doctor/today', '/api/doctor/pictures/p1', '/socket.io/?EIO=4', '/console', '/doctors']) {
    expect(kind(path, path.startsWith('/api') ? 'cors' : 'navigate')).toBe('none')
  }
  expect(kind('/doctor', 'navigate', 'POST')).toBe('none')
  expect(kind('https://evil.example/doctor', 'navigate')).toBe('none')
})

test('what a page asks for is read from it, each once', () => {
  const html = '<script src="/static/doctor_desk/assets/index-a.js"></script><link href="/static/doctor_desk/assets/index-b.css"><link href="/static/doctor_desk/assets/index-b.css">'
  expect(filesOf(html)).toEqual(['/static/doctor_desk/assets/index-a.js', '/static/doctor_desk/assets/index-b.css'])
})

test('a push leads to its request; whatever else arrives leads to the page', () => {
  expect(addressOf(requestOf({ v: 1, request_id: '0199-ab' }))).toBe('/doctor#request=0199-ab')
  for (const odd of [null, 'x', {}, { request_id: 7 }, { request_id: '../console' }]) expect(addressOf(requestOf(odd))).toBe('/doctor')
})
