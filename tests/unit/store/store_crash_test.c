/* SPDX-License-Identifier: Apache-2.0 */
/* A process that writes with many threads is killed with SIGKILL: what it was told to be written is
 * there, and every channel has its stream key. */
#include "store_fixture.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 8
#define ROUNDS  4
#define ACKS    150 /* of each round; the kill comes while the next ones are under way */

struct child {
    struct store *store;
    int pipe;
    int round;
    int number;
};

struct pair {
    struct resource channel, key;
};

static int add_pair(struct store_txn *txn, void *arg)
{
    struct pair *pair = arg;
    int err = txn_add(txn, &pair->channel, 0);

    return err ? err : txn_add(txn, &pair->key, 0);
}

/* Says which channel is acknowledged, in one write() of less than PIPE_BUF. */
static void *write_until_killed(void *arg)
{
    struct child *c = arg;

    for (int i = 0;; i++) {
        struct arena *arena = arena_create();
        struct pair pair;
        char id[32] = { 0 };

        snprintf(id, sizeof(id), "r%dt%di%d", c->round, c->number, i);
        pair.channel = fixture_resource(arena, "channel", id);
        pair.key = fixture_resource(arena, "stream-key", id);
        pair.key.parent = pair.channel.arn;
        if (store_write(c->store, add_pair, &pair) || write(c->pipe, id, sizeof(id)) != sizeof(id))
            _exit(1);
        arena_destroy(arena);
    }
    return NULL;
}

static void run_child(struct fixture *f, int round, int pipe)
{
    struct store_config config = fixture_config(f);
    struct child children[THREADS];
    struct store *store;
    pthread_t thread;

    if (store_open(&store, &config))
        _exit(1);
    for (int i = 0; i < THREADS; i++) {
        children[i] = (struct child){ store, pipe, round, i };
        pthread_create(&thread, NULL, write_until_killed, &children[i]);
    }
    for (;;)
        pause();
}

/* Reads what is acknowledged, kills in the middle, reads the rest from the pipe. */
static int collect_and_kill(pid_t pid, int pipe, char (*ids)[32], int max)
{
    int count = 0, status;

    while (count < max && read(pipe, ids[count], 32) == 32) {
        if (++count == ACKS)
            kill(pid, SIGKILL);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_true(count >= ACKS && count < max);
    return count;
}

static void check_acknowledged(struct fixture *f, char (*ids)[32], int count)
{
    for (int i = 0; i < count; i++) {
        struct resource r;
        const char *arn = arena_printf(f->arena, ARN("channel", "%s"), ids[i]);

        assert_int_equal(store_get(f->store, f->arena, arn, &r), 0);
    }
}

static void check_whole(struct fixture *f)
{
    struct resource_query channels = fixture_query("channel"), keys = fixture_query("stream-key");
    struct resource_page page;
    int64_t channel_count, key_count;

    assert_int_equal(store_count(f->store, &channels, &channel_count), 0);
    assert_int_equal(store_count(f->store, &keys, &key_count), 0);
    assert_int_equal(channel_count, key_count);
    assert_int_equal(store_list(f->store, f->arena, &channels, &page), 0);
    assert_int_equal(page.count, channel_count);
    for (int i = 0; i < page.count; i++) {
        keys.parent = page.items[i].arn;
        assert_int_equal(store_count(f->store, &keys, &key_count), 0);
        assert_int_equal(key_count, 1);
    }
}

static void what_was_acknowledged_survives_a_kill(void **state)
{
    static char ids[20000][32];
    struct fixture *f = *state;
    struct store_config config = fixture_config(f);

    for (int round = 0; round < ROUNDS; round++) {
        int ends[2], count;
        pid_t pid;

        store_close(f->store);
        f->store = NULL;
        assert_int_equal(pipe(ends), 0);
        pid = fork();
        if (!pid) {
            close(ends[0]);
            run_child(f, round, ends[1]);
        }
        close(ends[1]);
        count = collect_and_kill(pid, ends[0], ids, 20000);
        close(ends[0]);
        assert_int_equal(store_open(&f->store, &config), 0);
        check_acknowledged(f, ids, count);
        check_whole(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_acknowledged_survives_a_kill, fixture_setup,
                                        fixture_teardown),
    };

    return fixture_run_on_both(tests, ARRAY_LEN(tests));
}
