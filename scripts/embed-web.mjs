// SPDX-License-Identifier: Apache-2.0
// Turns the files of the pages into one C file: the table that web_files.h promises, with every
// file as it is and compressed.
//
//   embed-web.mjs OUT.c CONTENT_FOLDER NAME=FILE...
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { constants, gzipSync } from 'node:zlib';

const CONTENT_TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const [out, contentFolder, ...entries] = process.argv.slice(2);

// The assembler copies the bytes: a compiler would take seconds over an array of them.
function embed(symbol, name, content) {
  const file = path.resolve(contentFolder, name);
  writeFileSync(file, content);
  return `__asm__(".section .rodata\\n.global ${symbol}\\n${symbol}:\\n.incbin \\"${file}\\"\\n.previous\\n");
extern const uint8_t ${symbol}[];
`;
}

const files = entries.map((entry, index) => {
  const [name, source] = entry.split('=');
  const plain = readFileSync(source);
  const gzip = gzipSync(plain, { level: constants.Z_BEST_COMPRESSION });
  const etag = createHash('sha256').update(plain).digest('hex').slice(0, 16);
  const blobs = embed(`web_plain_${index}`, `${name}.plain`, plain) + embed(`web_gzip_${index}`, `${name}.gz`, gzip);
  const row = `    { "${name}", "${CONTENT_TYPES[path.extname(name)]}", "\\"${etag}\\"", ` +
    `web_plain_${index}, ${plain.length}, web_gzip_${index}, ${gzip.length} },\n`;
  return { blobs, row };
});

writeFileSync(out, `/* Made by embed-web.mjs. */
#include "web/web_files.h"

#include <string.h>

${files.map((file) => file.blobs).join('')}
static const struct web_file files[] = {
${files.map((file) => file.row).join('')}};

const struct web_file *web_file_find(const char *name)
{
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (!strcmp(files[i].name, name))
            return &files[i];
    }
    return NULL;
}
`);
