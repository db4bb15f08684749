/** Keyed rows: an element is kept while its key and signature stay, so that nothing on the screen jumps or is read twice. */

export type Row = {
  key: string
  /** What the drawing depends on; a change draws it anew. */
  signature: string
  draw(): HTMLElement
  /** Small changes inside a row that is kept. */
  touch?(element: HTMLElement): void
}

type Drawn = { element: HTMLElement; signature: string }

export class Rows {
  private drawn = new Map<string, Drawn>()

  constructor(private readonly parent: HTMLElement) {}

  update(rows: Row[]): void {
    const next = new Map<string, Drawn>()
    for (const row of rows) next.set(row.key, this.keepOrDraw(row))
    for (const [key, { element }] of this.drawn) if (next.get(key)?.element !== element) element.remove()
    this.drawn = next
    this.place(Array.from(next.values()))
  }

  private keepOrDraw({ key, signature, draw, touch }: Row): Drawn {
    const known = this.drawn.get(key)
    const drawn = known?.signature === signature ? known : { element: draw(), signature }
    touch?.(drawn.element)
    return drawn
  }

  private place(rows: Drawn[]): void {
    let next: ChildNode | null = null
    for (const { element } of rows.reverse()) {
      if (element.parentNode !== this.parent || element.nextSibling !== next) this.parent.insertBefore(element, next)
      next = element
    }
  }
}
