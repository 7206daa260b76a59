/* SPDX-License-Identifier: Apache-2.0 */
#include "transcode/gop_queue.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"

static int released;

static void release(void *item)
{
    released++;
    mem_free(item);
}

static int *number(int value)
{
    return mem_dup(&value, sizeof(value));
}

static int pop(struct gop_queue *queue)
{
    int *item = gop_queue_pop(queue), value = item ? *item : -1;

    mem_free(item);
    return value;
}

static struct gop_queue *create(int age_max_ms, size_t count_max)
{
    struct gop_queue_config config = { age_max_ms, count_max, release };

    released = 0;
    return gop_queue_create(&config);
}

static void hands_over_in_order(void **state)
{
    struct gop_queue *queue = create(1000, 100);

    for (int i = 0; i < 10; i++)
        assert_true(gop_queue_push(queue, number(i), i == 0, NULL));
    for (int i = 0; i < 10; i++)
        assert_int_equal(pop(queue), i);
    gop_queue_close(queue);
    assert_null(gop_queue_pop(queue));
    gop_queue_destroy(queue);
}

static void drops_up_to_a_keyframe_when_full(void **state)
{
    struct gop_queue *queue = create(1000, 2);
    bool was_first;

    gop_queue_push(queue, number(0), true, NULL);
    gop_queue_push(queue, number(1), false, NULL);
    assert_false(gop_queue_push(queue, number(2), false, &was_first));
    assert_true(was_first);
    pop(queue); /* there is room again, but not for the rest of a broken GOP */
    assert_false(gop_queue_push(queue, number(3), false, &was_first));
    assert_false(was_first);
    assert_true(gop_queue_push(queue, number(4), true, &was_first));
    assert_int_equal(pop(queue), 1);
    assert_int_equal(pop(queue), 4);
    assert_int_equal(gop_queue_gops_dropped(queue), 1);
    assert_int_equal(released, 2);
    gop_queue_destroy(queue);
}

static void drops_when_the_oldest_waits_too_long(void **state)
{
    struct gop_queue *queue = create(1000, 100);

    gop_queue_push(queue, number(0), true, NULL);
    clock_advance_us(1001 * 1000);
    assert_false(gop_queue_push(queue, number(1), true, NULL));
    assert_false(gop_queue_push(queue, number(2), true, NULL));
    assert_int_equal(gop_queue_gops_dropped(queue), 2);
    pop(queue);
    assert_true(gop_queue_push(queue, number(3), true, NULL));
    gop_queue_destroy(queue);
    assert_int_equal(released, 3);
}

static void never_drops_messages(void **state)
{
    struct gop_queue *queue = create(1000, 1);

    gop_queue_push(queue, number(0), true, NULL);
    gop_queue_push_always(queue, number(1));
    assert_int_equal(pop(queue), 0);
    assert_int_equal(pop(queue), 1);
    gop_queue_destroy(queue);
}

static void knows_how_long_its_consumer_works(void **state)
{
    struct gop_queue *queue = create(1000, 10);

    gop_queue_push(queue, number(0), true, NULL);
    clock_advance_us(500 * 1000);
    assert_int_equal(gop_queue_busy_ms(queue), 0);
    pop(queue);
    clock_advance_us(300 * 1000);
    assert_int_equal(gop_queue_busy_ms(queue), 300);
    gop_queue_close(queue);
    assert_null(gop_queue_pop(queue));
    assert_int_equal(gop_queue_busy_ms(queue), 0);
    gop_queue_destroy(queue);
}

static void *consume(void *arg)
{
    int sum = 0, value;

    while ((value = pop(arg)) >= 0)
        sum += value;
    return (void *)(intptr_t)sum;
}

static void wakes_a_waiting_consumer(void **state)
{
    struct gop_queue *queue = create(100000, 100000);
    pthread_t thread;
    void *sum;

    pthread_create(&thread, NULL, consume, queue);
    for (int i = 1; i <= 1000; i++)
        gop_queue_push(queue, number(i), false, NULL);
    gop_queue_close(queue);
    pthread_join(thread, &sum);
    assert_int_equal((intptr_t)sum, 500500);
    gop_queue_destroy(queue);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(hands_over_in_order),
        cmocka_unit_test(drops_up_to_a_keyframe_when_full),
        cmocka_unit_test(drops_when_the_oldest_waits_too_long),
        cmocka_unit_test(never_drops_messages),
        cmocka_unit_test(knows_how_long_its_consumer_works),
        cmocka_unit_test(wakes_a_waiting_consumer),
    };

    clock_set_fake(1000000, 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
