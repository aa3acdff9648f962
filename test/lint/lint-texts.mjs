/**
 * Reads `[{ path, code, typed? }]` from stdin; writes what ESLint says of each, and the names of all doors, to stdout.
 * A process of its own, because ESLint imports its configuration natively. Without `typed` the path need not exist.
 */
import { readFileSync } from 'node:fs';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';

// Under CI the parser takes each file as it is on the disk, and not as it is given here.
const asGiven = { languageOptions: { parserOptions: { disallowAutomaticSingleRunInference: true } } };
const typed = new ESLint({ overrideConfig: { files: ['**/*.ts'], ...asGiven } });
const untyped = new ESLint({ overrideConfig: tseslint.configs.disableTypeChecked });

const answers = [];
for (const text of JSON.parse(readFileSync(0, 'utf8'))) {
  const [result] = await (text.typed ? typed : untyped).lintText(text.code, { filePath: text.path });
  answers.push(result.messages.map(({ ruleId, message }) => ({ ruleId, message })));
}
const { rules } = await typed.calculateConfigForFile('libs/core/src/index.ts');
const doors = Object.keys(rules).filter((name) => name.startsWith('doors/'));
process.stdout.write(JSON.stringify({ answers, doors }));
