/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_depth.h"

bool json_is_deeper(const char *text, size_t len, int max)
{
    bool is_in_string = false;
    int depth = 0;

    for (size_t i = 0; i < len; i++) {
        if (is_in_string) {
            if (text[i] == '\\')
                i++;
            else if (text[i] == '"')
                is_in_string = false;
        } else if (text[i] == '"') {
            is_in_string = true;
        } else if (text[i] == '{' || text[i] == '[') {
            if (++depth > max)
                return true;
        } else if (text[i] == '}' || text[i] == ']') {
            depth--;
        }
    }
    return false;
}
