import { n8nCommunityNodesPlugin } from '@n8n/eslint-plugin-community-nodes'
import parser from '@typescript-eslint/parser'

/** The linter of n8n for community nodes, with its strictest configuration. */
export default [
  { ignores: ['**/*.test.ts', '**/*.fixture.ts', 'src/**/*.json', 'dist/**/*.json'] },
  {
    files: ['**/*.ts', '**/*.js', 'package.json'],
    languageOptions: { parser, parserOptions: { extraFileExtensions: ['.json'] } },
    ...n8nCommunityNodesPlugin.configs.recommended,
  },
]
