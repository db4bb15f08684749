/** The simple Markdown of answers as values: paragraphs, lists, bold, links to web addresses. Anything else is words. */

export type Inline = { kind: 'text' | 'bold'; text: string } | { kind: 'link'; text: string; href: string }
export type Block =
  | { kind: 'paragraph'; lines: Inline[][] }
  | { kind: 'list'; ordered: boolean; start: number; items: Inline[][] }
  | { kind: 'picture'; src: string; alt: string }
  | { kind: 'button'; text: string; href: string }

const ITEM = /^\s*(?:[-*•]|(\d+)[.、)])\s+(.*)$/
// Pictures come from the desk's own files only; a link alone on its line is a button.
const FILE = '/api/knowledge/files/'
const ALONE = /^\s*(!?)\[([^\]]*)\]\((https?:\/\/[^\s)]+|tel:[\d-]+|\/api\/knowledge\/files\/[\da-f-]{36})\)\s*$/
const MARK = /\*\*(.+?)\*\*|\[([^\]]+)\]\((https?:\/\/[^\s)]+)\)/g
const ADDRESS = /(https?:\/\/[^\s，。；、）)]+)/

export function parseMarkdown(text: string): Block[] {
  const blocks: Block[] = []
  let open: Block | null = null
  for (const line of text.split('\n')) {
    if (line.trim() === '') {
      open = null
      continue
    }
    const alone = readAlone(line)
    if (alone) {
      blocks.push(alone)
      open = null
      continue
    }
    const next = addLine(open, line)
    if (next !== open) blocks.push(next)
    open = next
  }
  return blocks
}

function readAlone(line: string): Block | null {
  const [, picture, text = '', href = ''] = ALONE.exec(line) ?? []
  if (href === '' || (picture && !href.startsWith(FILE))) return null
  if (picture) return { kind: 'picture', alt: text, src: href }
  return text === '' ? null : { kind: 'button', text, href }
}

/** Puts a line into the open block, or begins the block that it belongs to. */
function addLine(open: Block | null, line: string): Block {
  const item = ITEM.exec(line)
  if (item) {
    const ordered = item[1] !== undefined
    const words = parseInline(item[2] ?? '')
    if (open?.kind === 'list' && open.ordered === ordered) {
      open.items.push(words)
      return open
    }
    return { kind: 'list', ordered, start: Number(item[1] ?? 1), items: [words] }
  }
  const words = parseInline(line.replace(/^#+\s+/, ''))
  if (open?.kind === 'paragraph') {
    open.lines.push(words)
    return open
  }
  return { kind: 'paragraph', lines: [words] }
}

/** Words of a person: only web addresses mean something. */
export function parseWords(text: string): Inline[] {
  return text
    .split(ADDRESS)
    .filter((part) => part !== '')
    .map((part) => (ADDRESS.test(part) ? { kind: 'link', text: part, href: part } : { kind: 'text', text: part }))
}

function parseInline(text: string): Inline[] {
  const parts: Inline[] = []
  let done = 0
  for (let found = MARK.exec(text); found; found = MARK.exec(text)) {
    if (found.index > done) parts.push({ kind: 'text', text: text.slice(done, found.index) })
    done = found.index + found[0].length
    if (found[1] !== undefined) parts.push({ kind: 'bold', text: found[1] })
    else parts.push({ kind: 'link', text: found[2] ?? '', href: found[3] ?? '' })
  }
  if (done < text.length) parts.push({ kind: 'text', text: text.slice(done) })
  return parts
}
