/* SPDX-License-Identifier: Apache-2.0 */
/* docs/compatibility.md says of every operation what it does, as its table entry does. */
#include "api_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/operation.h"

#define ROW_MAX 1024

struct row {
    char service[32];
    char name[64];
    char state[16];
};

/* The next row of a table of operations; keeps the service of the heading above it. */
static bool next_row(FILE *file, struct row *row)
{
    char line[ROW_MAX];

    while (fgets(line, sizeof(line), file)) {
        if (!strncmp(line, "## ", 3))
            sscanf(line, "## %31s", row->service);
        if (sscanf(line, "| %63[A-Za-z] | %15[a-z] |", row->name, row->state) == 2 &&
            strcmp(row->name, "operation"))
            return true;
    }
    return false;
}

static const struct operation *find(const struct row *row)
{
    unsigned service = !strcmp(row->service, "ivs")            ? SERVICE_IVS
                       : !strcmp(row->service, "ivs-realtime") ? SERVICE_REALTIME
                                                               : SERVICE_STS;

    for (size_t i = 0; operations[i]; i++)
        if (!strcmp(operations[i]->name, row->name) && operations[i]->services & service)
            return operations[i];
    fail_msg("%s of %s is in no table", row->name, row->service);
    return NULL;
}

static size_t count_entries(void)
{
    size_t count = 0;

    for (size_t i = 0; operations[i]; i++)
        for (unsigned service = SERVICE_IVS; service <= SERVICE_STS; service *= 2)
            count += (operations[i]->services & service) != 0;
    return count;
}

static void every_operation_has_a_row(void **state)
{
    FILE *file = fopen(SOURCE_ROOT "/docs/compatibility.md", "r");
    struct row row = { "", "", "" };
    size_t count = 0;

    assert_non_null(file);
    for (; next_row(file, &row); count++) {
        const struct operation *op = find(&row);

        if (op->is_pending != !strcmp(row.state, "judged") ||
            (strcmp(row.state, "judged") && strcmp(row.state, "works")))
            fail_msg("%s: %s", row.name, row.state);
    }
    assert_int_equal(count, count_entries());
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_has_a_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
