/* SPDX-License-Identifier: Apache-2.0 */
/* Messages are kept in a locked list; one uv_async wakes the loop for however many there are. */
#include "net/loop.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/list.h"
#include "base/mem.h"

struct message {
    struct list node;
    void (*run)(void *arg);
    void *arg;
};

struct loop {
    uv_loop_t uv;
    uv_async_t wake;
    uv_prepare_t before_wait;
    struct list tasks;
    pthread_t thread;
    int index;
    bool is_started;
    uint8_t *scratch[SCRATCH_COUNT];
    pthread_mutex_t lock; /* lock guards: messages, is_closed */
    struct list messages;
    bool is_closed; /* nobody listens to `wake` any more */
};

struct loop_timer {
    uv_timer_t uv;
    uint64_t repeat_ms; /* 0: rings once */
    void (*run)(void *ctx);
    void *ctx;
};

static _Thread_local struct loop *current;

static void run_messages(struct loop *loop)
{
    struct list batch, *node;

    pthread_mutex_lock(&loop->lock);
    list_move(&batch, &loop->messages);
    pthread_mutex_unlock(&loop->lock);
    while ((node = list_pop(&batch))) {
        struct message *message = LIST_ITEM(node, struct message, node);
        message->run(message->arg);
        mem_free(message);
    }
}

static void on_wake(uv_async_t *wake)
{
    run_messages(wake->data);
}

static void run_tasks(uv_prepare_t *before_wait)
{
    struct loop *loop = before_wait->data;
    struct list *node;

    while ((node = list_pop(&loop->tasks))) {
        struct loop_task *task = LIST_ITEM(node, struct loop_task, node);
        task->run(task);
    }
}

struct loop *loop_create(int index)
{
    struct loop *loop = mem_zalloc(sizeof(*loop));

    loop->index = index;
    list_init(&loop->messages);
    pthread_mutex_init(&loop->lock, NULL);
    if (uv_loop_init(&loop->uv) || uv_async_init(&loop->uv, &loop->wake, on_wake)) {
        perror("weir: event loop");
        abort(); /* no descriptors left before anything was served */
    }
    loop->wake.data = loop;
    list_init(&loop->tasks);
    uv_prepare_init(&loop->uv, &loop->before_wait);
    loop->before_wait.data = loop;
    uv_prepare_start(&loop->before_wait, run_tasks);
    uv_unref((uv_handle_t *)&loop->before_wait); /* it alone keeps no loop running */
    return loop;
}

static void *run_loop(void *arg)
{
    struct loop *loop = arg;

    current = loop;
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    return NULL;
}

int loop_start(struct loop *loop)
{
    char name[16];
    int err;

    loop->is_started = true; /* before the thread, which reads it */
    err = pthread_create(&loop->thread, NULL, run_loop, loop);
    if (err) {
        loop->is_started = false;
        return -err;
    }
    snprintf(name, sizeof(name), "weir-loop-%d", loop->index);
    pthread_setname_np(loop->thread, name);
    return 0;
}

static void close_wake(void *arg)
{
    struct loop *loop = arg;

    pthread_mutex_lock(&loop->lock);
    loop->is_closed = true;
    pthread_mutex_unlock(&loop->lock);
    uv_close((uv_handle_t *)&loop->wake, NULL);
}

void loop_stop(struct loop *loop)
{
    loop_post(loop, close_wake, loop);
}

void loop_join(struct loop *loop)
{
    if (loop->is_started)
        pthread_join(loop->thread, NULL);
    loop->is_started = false;
}

void loop_destroy(struct loop *loop)
{
    if (!loop)
        return;
    current = loop;
    run_messages(loop);
    uv_close((uv_handle_t *)&loop->before_wait, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT); /* a loop that was never started closes its handles here */
    current = NULL;
    uv_loop_close(&loop->uv);
    pthread_mutex_destroy(&loop->lock);
    for (int i = 0; i < SCRATCH_COUNT; i++)
        mem_free(loop->scratch[i]);
    mem_free(loop);
}

int loop_index(const struct loop *loop)
{
    return loop->index;
}

uv_loop_t *loop_uv(struct loop *loop)
{
    return &loop->uv;
}

struct loop *loop_current(void)
{
    return current;
}

void loop_assert_here(const struct loop *loop)
{
    if (loop->is_started && current != loop) {
        fprintf(stderr, "weir: an object of loop %d was used on another thread\n", loop->index);
        abort();
    }
}

int64_t loop_now_ms(struct loop *loop)
{
    return (int64_t)uv_now(&loop->uv);
}

uint8_t *loop_scratch(struct loop *loop, enum loop_scratch which)
{
    static const size_t sizes[SCRATCH_COUNT] = { SCRATCH_READ_SIZE, SCRATCH_PLAIN_SIZE,
                                                 SCRATCH_GATHER_SIZE, SCRATCH_RECORDS_SIZE };

    if (!loop->scratch[which])
        loop->scratch[which] = mem_alloc(sizes[which]);
    return loop->scratch[which];
}

void loop_post(struct loop *loop, void (*run)(void *arg), void *arg)
{
    struct message *message = mem_alloc(sizeof(*message));

    *message = (struct message){ .run = run, .arg = arg };
    pthread_mutex_lock(&loop->lock);
    if (list_is_empty(&loop->messages) && !loop->is_closed)
        uv_async_send(&loop->wake);
    list_append(&loop->messages, &message->node);
    pthread_mutex_unlock(&loop->lock);
}

void loop_task_init(struct loop_task *task, void (*run)(struct loop_task *task))
{
    list_init(&task->node);
    task->run = run;
}

void loop_task_ask(struct loop_task *task, struct loop *loop)
{
    if (list_is_empty(&task->node))
        list_append(&loop->tasks, &task->node);
}

void loop_task_cancel(struct loop_task *task)
{
    list_remove(&task->node);
}

static void on_timer(uv_timer_t *uv)
{
    struct loop_timer *timer = uv->data;

    if (timer->repeat_ms)
        uv_timer_start(uv, on_timer, timer->repeat_ms - uv_now(uv->loop) % timer->repeat_ms, 0);
    timer->run(timer->ctx);
}

struct loop_timer *loop_timer_create(struct loop *loop, void (*run)(void *ctx), void *ctx)
{
    struct loop_timer *timer = mem_zalloc(sizeof(*timer));

    loop_assert_here(loop);
    timer->run = run;
    timer->ctx = ctx;
    uv_timer_init(&loop->uv, &timer->uv);
    timer->uv.data = timer;
    return timer;
}

void loop_timer_start(struct loop_timer *timer, int64_t delay_ms, int64_t repeat_ms)
{
    uint64_t wait_ms = (uint64_t)delay_ms;

    timer->repeat_ms = (uint64_t)repeat_ms;
    if (repeat_ms) {
        uint64_t past_ms = (uv_now(timer->uv.loop) + wait_ms) % timer->repeat_ms;
        wait_ms = past_ms < wait_ms ? wait_ms - past_ms : timer->repeat_ms - past_ms + wait_ms;
    }
    uv_timer_start(&timer->uv, on_timer, wait_ms, 0);
}

void loop_timer_stop(struct loop_timer *timer)
{
    uv_timer_stop(&timer->uv);
}

static void free_timer(uv_handle_t *handle)
{
    mem_free(handle->data);
}

void loop_timer_destroy(struct loop_timer *timer)
{
    if (timer)
        uv_close((uv_handle_t *)&timer->uv, free_timer);
}
