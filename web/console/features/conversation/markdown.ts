/** The simple Markdown of answers as a tree: paragraphs, lists, headings, bold, links. Never HTML. Pure. */

export type Inline = { kind: 'text'; text: string } | { kind: 'strong'; text: string } | { kind: 'link'; text: string; href: string }
export type Block =
  | { kind: 'paragraph'; lines: Inline[][] }
  | { kind: 'heading'; line: Inline[] }
  | { kind: 'list'; ordered: boolean; items: Inline[][] }
  | { kind: 'picture'; src: string; alt: string }
  | { kind: 'button'; text: string; href: string }

const BULLET = /^\s*[-*•]\s+/
const NUMBER = /^\s*\d+[.)、]\s*/
const HEADING = /^#{1,6}\s+/
// Pictures come from the desk's own files only; a link alone on its line is a button.
const PICTURE = /^\s*!\[([^\]]*)\]\((\/api\/knowledge\/files\/[0-9a-f-]{36})\)\s*$/
const BUTTON = /^\s*\[([^\]]+)\]\(((?:https?:\/\/|tel:|\/api\/knowledge\/files\/)[^)\s]+)\)\s*$/i
// Bold, a named link, or a bare address.
const INLINE = /\*\*(.+?)\*\*|\[([^\]]+)\]\(([^)\s]+)\)|(https?:\/\/[^\s<>，。；）)]+)/g

export function parseMarkdown(text: string): Block[] {
  const blocks: Block[] = []
  for (const line of text.replace(/\r\n?/g, '\n').split('\n')) addLine(blocks, line)
  return blocks.filter((block) => block.kind !== 'paragraph' || block.lines.length > 0)
}

function addLine(blocks: Block[], line: string): void {
  const picture = PICTURE.exec(line)
  const button = BUTTON.exec(line)
  if (picture) blocks.push({ kind: 'picture', alt: picture[1] ?? '', src: picture[2] ?? '' })
  else if (button) blocks.push({ kind: 'button', text: button[1] ?? '', href: button[2] ?? '' })
  else if (line.trim() === '') blocks.push({ kind: 'paragraph', lines: [] })
  else if (HEADING.test(line)) blocks.push({ kind: 'heading', line: parseInline(line.replace(HEADING, '')) })
  else if (BULLET.test(line)) addItem(blocks, false, line.replace(BULLET, ''))
  else if (NUMBER.test(line)) addItem(blocks, true, line.replace(NUMBER, ''))
  else addText(blocks, line)
}

function addItem(blocks: Block[], ordered: boolean, text: string): void {
  const last = blocks.at(-1)
  if (last?.kind === 'list' && last.ordered === ordered) last.items.push(parseInline(text))
  else blocks.push({ kind: 'list', ordered, items: [parseInline(text)] })
}

function addText(blocks: Block[], line: string): void {
  const last = blocks.at(-1)
  if (last?.kind === 'paragraph') last.lines.push(parseInline(line))
  else blocks.push({ kind: 'paragraph', lines: [parseInline(line)] })
}

export function parseInline(text: string): Inline[] {
  const parts: Inline[] = []
  let from = 0
  for (const match of text.matchAll(INLINE)) {
    if (match.index > from) parts.push({ kind: 'text', text: text.slice(from, match.index) })
    parts.push(inlineOf(match))
    from = match.index + match[0].length
  }
  if (from < text.length) parts.push({ kind: 'text', text: text.slice(from) })
  return parts
}

/** A link leads to the web or to a telephone, never to script. */
function inlineOf(match: RegExpExecArray): Inline {
  const [whole, strong, words, target, address] = match
  if (strong !== undefined) return { kind: 'strong', text: strong }
  if (address !== undefined) return { kind: 'link', text: address, href: address }
  const href = target ?? ''
  return /^(https?:\/\/|tel:|\/api\/knowledge\/files\/)/i.test(href) ? { kind: 'link', text: words ?? href, href } : { kind: 'text', text: words ?? whole }
}
