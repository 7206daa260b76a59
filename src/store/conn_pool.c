/* SPDX-License-Identifier: Apache-2.0 */
#include "store/conn_pool.h"

#include <pthread.h>

#include "base/mem.h"
#include "store/sql.h"

struct conn_pool {
    const struct sql_driver *driver;
    const struct store_config *config;
    pthread_mutex_t lock; /* lock guards: the rest */
    pthread_cond_t wake;
    int max;
    int in_use;
    int idle_count;
    struct sql_conn *idle[];
};

struct conn_pool *conn_pool_create(const struct sql_driver *driver,
                                   const struct store_config *config, int max)
{
    struct conn_pool *pool = mem_zalloc(sizeof(*pool) + (size_t)max * sizeof(pool->idle[0]));

    pool->driver = driver;
    pool->config = config;
    pool->max = max;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    return pool;
}

static void close_idle(struct conn_pool *pool)
{
    while (pool->idle_count)
        pool->driver->disconnect(pool->idle[--pool->idle_count]);
}

void conn_pool_destroy(struct conn_pool *pool)
{
    if (!pool)
        return;
    close_idle(pool);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->lock);
    mem_free(pool);
}

static void leave(struct conn_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->in_use--;
    pthread_cond_signal(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
}

static void take_idle(struct conn_pool *pool, struct sql_conn **out)
{
    while (!*out && pool->idle_count) {
        *out = pool->idle[--pool->idle_count];
        if (!pool->driver->is_alive(*out)) {
            pool->driver->disconnect(*out);
            *out = NULL;
        }
    }
}

int conn_pool_get(struct conn_pool *pool, struct sql_conn **out)
{
    int err = 0;

    *out = NULL;
    pthread_mutex_lock(&pool->lock);
    while (pool->in_use == pool->max)
        pthread_cond_wait(&pool->wake, &pool->lock);
    pool->in_use++;
    take_idle(pool, out);
    pthread_mutex_unlock(&pool->lock);
    if (!*out)
        err = pool->driver->connect(out, pool->config);
    if (err)
        leave(pool);
    return err;
}

void conn_pool_put(struct conn_pool *pool, struct sql_conn *conn)
{
    pthread_mutex_lock(&pool->lock);
    if (!conn->is_broken)
        pool->idle[pool->idle_count++] = conn;
    pool->in_use--;
    pthread_cond_signal(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    if (conn->is_broken)
        pool->driver->disconnect(conn);
}
