/** Words as elements: answers with their simple Markdown, people's own words with links. Long ones fold. */
import { parseMarkdown, parseWords, type Block, type Inline } from '../core/markdown'
import { t } from '../i18n'
import { add, button, h, say, set } from './dom'

const LONG_CHARACTERS = 220
const LONG_LINES = 9

export function answerText(text: string): HTMLElement {
  const prose = h('div', { class: 'prose' }, ...parseMarkdown(text).map(drawBlock))
  const isLong = text.length > LONG_CHARACTERS || text.split('\n').length > LONG_LINES
  return isLong ? foldable(prose) : prose
}

export function plainText(text: string): HTMLElement {
  return h('p', { class: 'words' }, ...parseWords(text).map(drawInline))
}

function drawBlock(block: Block): HTMLElement {
  if (block.kind === 'list') {
    const items = block.items.map((item) => h('li', {}, ...item.map(drawInline)))
    return block.ordered ? h('ol', { start: block.start }, ...items) : h('ul', {}, ...items)
  }
  if (block.kind === 'picture') return h('img', { class: 'prose-picture', src: block.src, alt: block.alt, loading: 'lazy' })
  if (block.kind === 'button') {
    return h('p', {}, h('a', { class: 'prose-button', href: block.href, target: '_blank', rel: 'noopener noreferrer nofollow' }, block.text))
  }
  const paragraph = h('p')
  block.lines.forEach((line, index) => add(paragraph, index > 0 && h('br'), ...line.map(drawInline)))
  return paragraph
}

function drawInline(part: Inline): Node {
  if (part.kind === 'link') {
    return h('a', { href: part.href, target: '_blank', rel: 'noopener noreferrer nofollow' }, part.text)
  }
  return part.kind === 'bold' ? h('strong', {}, part.text) : document.createTextNode(part.text)
}

function foldable(prose: HTMLElement): HTMLElement {
  prose.classList.add('folded')
  const turn = () => {
    const folded = prose.classList.toggle('folded')
    say(toggle, t(folded ? 'answer.more' : 'answer.less'))
    set(toggle, 'aria-expanded', String(!folded))
  }
  const toggle = button(t('answer.more'), turn, { class: 'link', 'aria-expanded': 'false' })
  return h('div', {}, prose, toggle)
}
