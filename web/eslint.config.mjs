// Rules that the type checker cannot see: who may import whom, where words live, how long a component may be.
import js from '@eslint/js'
import vue from 'eslint-plugin-vue'
import globals from 'globals'
import ts from 'typescript-eslint'

const CHINESE = '[\\u3000-\\u303f\\u4e00-\\u9fff\\uff00-\\uffef]'
const WORD_FILES = ['**/words/**', '**/words*.ts', '**/*.words.ts', '**/i18n/**', '**/i18n*.ts']

/** @param {string[]} names */
const apps = (...names) => ({
  regex: `^(\\.{1,2}/)+(.*/)?(${names.join('|')})(/|$)`,
  message: 'An app never imports another app; what they share lives in shared/.',
})

const elementPlus = {
  group: ['element-plus', 'element-plus/*', '@element-plus/*'],
  message: 'Element Plus is wrapped in shared/ui; import it from there.',
}

const frameworks = {
  regex: '^(vue|vue-router|pinia|virtua|element-plus)(/|$)|(^|/|@)shared/ui(/|$)',
  message: "The parent's page has no framework: its script must stay under 20 kB.",
}

/**
 * @param {string} files
 * @param {object[]} patterns
 * @returns {import('eslint').Linter.Config}
 */
const imports = (files, ...patterns) => ({
  files: [files],
  rules: { 'no-restricted-imports': ['error', { patterns }] },
})

export default ts.config(
  { ignores: ['node_modules/', 'contract/api.d.ts'] },
  js.configs.recommended,
  ts.configs.strict,
  vue.configs['flat/recommended'],
  {
    files: ['**/*.ts', '**/*.vue'],
    languageOptions: {
      globals: globals.browser,
      parserOptions: { parser: ts.parser, projectService: true, extraFileExtensions: ['.vue'] },
    },
    rules: {
      'max-lines': ['error', { max: 400 }],
      'no-console': 'error',
      'no-restricted-syntax': [
        'error',
        { selector: 'TSEnumDeclaration', message: 'Use a union of literals instead of an enum.' },
        { selector: `Literal[value=/${CHINESE}/]`, message: 'Words for people live in word files.' },
        { selector: `TemplateElement[value.raw=/${CHINESE}/]`, message: 'Words for people live in word files.' },
      ],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: false, requireDefaultForNonUnion: false },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      // `() => void | Promise<void>` is how a caller says that it waits for either.
      '@typescript-eslint/no-invalid-void-type': 'off',
    },
  },
  {
    files: ['**/*.vue'],
    rules: {
      'max-lines': ['error', { max: 250 }],
      'vue/block-lang': ['error', { script: { lang: 'ts' } }],
      'vue/component-api-style': ['error', ['script-setup']],
      'vue/no-v-html': 'error',
      'vue/no-restricted-syntax': [
        'error',
        { selector: `VElement[name!=/^(script|style)$/] > VText[value=/${CHINESE}/]`, message: 'Words for people live in word files.' },
        { selector: `VLiteral[value=/${CHINESE}/]`, message: 'Words for people live in word files.' },
      ],
      // Layout of templates is a matter of taste that no tool here settles.
      'vue/attributes-order': 'off',
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/html-self-closing': 'off',
      'vue/multi-word-component-names': 'off',
      // An optional prop is typed as such.
      'vue/require-default-prop': 'off',
    },
  },
  { files: WORD_FILES, rules: { 'no-restricted-syntax': 'off', 'max-lines': 'off' } },
  {
    files: ['**/*.test.ts', '**/testing/**'],
    rules: { 'no-restricted-syntax': 'off', '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  { files: ['*.ts', '*.mjs', 'contract/*.mjs'], languageOptions: { globals: globals.node } },
  { files: ['*.ts'], ...ts.configs.disableTypeChecked },
  imports('console/**', apps('widget', 'doctor_desk', 'doctor_worker'), elementPlus),
  imports('doctor_desk/**', apps('widget', 'console'), elementPlus),
  imports('doctor_worker/**', apps('widget', 'console', 'doctor_desk', 'loader'), frameworks),
  imports('widget/**', apps('console', 'doctor_desk', 'loader'), frameworks),
  imports('widget_worker/**', apps('widget', 'console', 'doctor_desk', 'loader'), frameworks),
  imports('loader/**', apps('console', 'doctor_desk', 'widget'), frameworks),
  imports('shared/**', apps('console', 'doctor_desk', 'widget'), elementPlus),
  imports('shared/ui/**', apps('console', 'doctor_desk', 'widget')),
  imports('contract/**', apps('console', 'doctor_desk', 'widget', 'shared')),
)
