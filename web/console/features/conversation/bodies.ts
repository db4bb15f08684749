/** Small matters of message bodies. Pure. */
import type { Schemas } from '@contract'

type Suggestions = Pick<Schemas['SuggestionsBody'], 'text' | 'choices'>

/** The bot numbers its suggestions in the text for channels without buttons; here they stand below as a list. */
export function withoutChoices(body: Suggestions): string {
  const offered = new Set(body.choices.map((choice) => choice.question))
  return body.text
    .split('\n')
    .filter((line) => !offered.has(line.replace(/^\d+\.\s*/, '')))
    .join('\n')
}
