/** Rules that are being changed and hold nowhere yet: kept while one tries them in the sandbox and comes back. */
import { shallowRef } from 'vue'
import type { Rule } from './api'

export const draft = shallowRef<readonly Rule[] | null>(null)
