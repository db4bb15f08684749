// Writes api.d.ts anew. Both it and openapi.json are committed; contract.test.ts compares them.
import { readFileSync, writeFileSync } from 'node:fs'
import { DOCUMENT, TYPES, typesOf } from './types.mjs'

writeFileSync(TYPES, await typesOf(readFileSync(DOCUMENT, 'utf8')))
