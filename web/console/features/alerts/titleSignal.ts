/** The window's title: what waits in brackets, and in turns with words when something calls for a person. */

const TURN_MS = 1000

let base = ''
let calling = ''
let turn = false
let timer: ReturnType<typeof setInterval> | undefined

/** The quiet title, such as `(3) 客服工作台`. */
export function setTitle(words: string): void {
  base = words
  show()
}

/** Shows the words in turns with the title until they are empty again. */
export function callByTitle(words: string): void {
  calling = words
  clearInterval(timer)
  timer = words ? setInterval(() => { turn = !turn; show() }, TURN_MS) : undefined
  turn = words !== ''
  show()
}

function show(): void {
  document.title = calling && turn ? calling : base
}
