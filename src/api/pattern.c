/* SPDX-License-Identifier: Apache-2.0 */
/* PCRE2 with JIT. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "api/pattern.h"

#include <pcre2.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define OPTIONS                                                                                    \
    (PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOLLAR_ENDONLY | PCRE2_UTF | PCRE2_NO_AUTO_CAPTURE)

static pcre2_code *compile(const char *text)
{
    size_t offset;
    int error;
    pcre2_code *code =
        pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, OPTIONS, &error, &offset, NULL);

    if (!code) {
        fprintf(stderr, "weir: pattern %s: error %d at %zu\n", text, error, offset);
        abort(); /* patterns are ours, so this is found by the first test */
    }
    pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
    return code;
}

/* Two threads may compile the same pattern at once; the later one throws its work away. */
static pcre2_code *compiled(struct pattern *pattern)
{
    void *code = atomic_load_explicit(&pattern->code, memory_order_acquire);
    void *mine;

    if (code)
        return code;
    mine = compile(pattern->text);
    if (atomic_compare_exchange_strong(&pattern->code, &code, mine))
        return mine;
    pcre2_code_free(mine);
    return code;
}

bool pattern_matches(struct pattern *pattern, const char *value)
{
    pcre2_code *code = compiled(pattern);
    pcre2_match_data *match = pcre2_match_data_create(1, NULL);
    int result = pcre2_match(code, (PCRE2_SPTR)value, PCRE2_ZERO_TERMINATED, 0, 0, match, NULL);

    pcre2_match_data_free(match);
    return result >= 0;
}
