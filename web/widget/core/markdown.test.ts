import { expect, test } from 'vitest'
import { parseMarkdown, parseWords } from './markdown'

test('reads paragraphs, lists and bold', () => {
  expect(parseMarkdown('先**注册**：\n\n1. 打开；\n2. 点“我的”；\n\n- 甲\n- 乙')).toEqual([
    { kind: 'paragraph', lines: [[{ kind: 'text', text: '先' }, { kind: 'bold', text: '注册' }, { kind: 'text', text: '：' }]] },
    {
      kind: 'list',
      ordered: true,
      start: 1,
      items: [[{ kind: 'text', text: '打开；' }], [{ kind: 'text', text: '点“我的”；' }]],
    },
    { kind: 'list', ordered: false, start: 1, items: [[{ kind: 'text', text: '甲' }], [{ kind: 'text', text: '乙' }]] },
  ])
})

test('goes on counting after a break in a list', () => {
  const [, , rest] = parseMarkdown('1. 一\n\n中间\n\n2. 二')
  expect(rest).toMatchObject({ kind: 'list', ordered: true, start: 2 })
})

test('knows links to web addresses and no others', () => {
  expect(parseMarkdown('[说明](https://a.example/b) [坏](javascript:alert(1))')).toEqual([
    {
      kind: 'paragraph',
      lines: [
        [
          { kind: 'link', text: '说明', href: 'https://a.example/b' },
          { kind: 'text', text: ' [坏](javascript:alert(1))' },
        ],
      ],
    },
  ])
})

test('leaves HTML as words', () => {
  expect(parseMarkdown('<img src=x onerror=alert(1)>')).toEqual([
    { kind: 'paragraph', lines: [[{ kind: 'text', text: '<img src=x onerror=alert(1)>' }]] },
  ])
})

test('finds addresses in what people write, and stops at Chinese signs', () => {
  expect(parseWords('请看 https://a.example/x?y=1，谢谢 **不是粗体**')).toEqual([
    { kind: 'text', text: '请看 ' },
    { kind: 'link', text: 'https://a.example/x?y=1', href: 'https://a.example/x?y=1' },
    { kind: 'text', text: '，谢谢 **不是粗体**' },
  ])
})

test('shows pictures of the desk itself and no others', () => {
  const own = '/api/knowledge/files/0192f1aa-0000-7000-8000-000000000000'
  expect(parseMarkdown(`看图：\n![票据页](${own})`)).toMatchObject([{ kind: 'paragraph' }, { kind: 'picture', src: own, alt: '票据页' }])
  expect(parseMarkdown('![坏](https://a.example/track.png)')).toMatchObject([{ kind: 'paragraph' }])
})

test('a link alone on its line is a button', () => {
  expect(parseMarkdown('可以直接办：\n[去预约](https://a.example/b)')).toMatchObject([
    { kind: 'paragraph' },
    { kind: 'button', text: '去预约', href: 'https://a.example/b' },
  ])
  expect(parseMarkdown('[坏](javascript:alert(1))')).toMatchObject([{ kind: 'paragraph' }])
})
